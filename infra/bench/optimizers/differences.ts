/** Where an optimizer of ours departs from the algorithm as it was published or released, and why. */
export const DIFFERENCES: readonly (readonly [optimizer: string, published: string, here: string, why: string])[] = [
  [
    'all',
    'one data set for everything, the search maximum as the score',
    'three disjoint splits; the claim is made on rows that the search never saw, and the seed comes back unless the winner is proven better',
    'maxima of noisy scores promise what is not there',
  ],
  [
    'all',
    'stopping is checked before the best is updated, on minibatches too',
    'the best first; only scores on the whole select split are looked at',
    'the winner was lost, or a lucky minibatch won',
  ],
  [
    'all',
    'errors count as scores of zero; budgets are checked after spending',
    'errors are tried again and counted apart; calls are reserved before they are made',
    'an outage is not a bad prompt, and a budget is a promise',
  ],
  [
    'random-search',
    '`numVariations` rewrites, the seed is not scored',
    'the seed is candidate 0 and is scored like every other',
    'otherwise a worse prompt replaces a better one',
  ],
  [
    'bayesian',
    'a random seed of the examples is what is modelled',
    '`encoding`: inclusion bits, or slots that each hold one row',
    'a seed has no neighbours to learn from',
  ],
  [
    'bayesian',
    '`nTrials` 10, all of them start-up trials',
    '`nTrials` 30, of which `nStartupTrials` 10',
    'with as many start-up trials as trials it is random search',
  ],
  [
    'bayesian',
    'only mean scores are modelled',
    'every second choice goes by a model of single rows; neighbours of the best are among the choices',
    'sixty rows say more of twenty bits than one mean',
  ],
  [
    'bayesian',
    'examples come from the rows that are scored, after the input',
    'examples come from the propose split, before the input',
    'a row must not be scored with its own answer in the prompt',
  ],
  [
    'meta-prompt',
    'a chain in which every rewrite replaces the last, earlier prompts without scores',
    'a trajectory of prompts with scores, worst first, beside rows with answers and reasons; restarts at the best',
    'both kinds of context are known to help, and a chain forgets its best',
  ],
  [
    'protegi',
    'errors are shown as inputs alone; the beam is a set without order',
    'input, answer, score and reason; ordered beam; `combineGradients` takes up all gradients of a prompt in one more edit',
    'a gradient needs to know what was answered; results must not depend on a hash',
  ],
  [
    'protegi',
    'selection by brute force is the released default',
    '`selector`: successive rejects, with the bandits of the paper to choose from',
    'it spends rows on the prompts that are close',
  ],
  [
    'gepa',
    'a child is accepted for a larger sum on three rows',
    'a sequential test on the same rows, growing up to `raceRowsMax`',
    'with a noisy judge three rows accept anything',
  ],
  [
    'gepa',
    'one reflection a child, accepted or dropped',
    '`reflectionDepth` reflections on a draft, `driftSteps` on one that failed, and an expedition of `expeditionSteps` rewrites when stuck',
    'where rules work only together, every single step looks like a loss',
  ],
  [
    'gepa',
    'merge is off and takes whole components',
    'merge is on and works line by line within a component',
    'one prefix has one component, which could never be merged',
  ],
  [
    'prompt-wizard',
    'a mutated prompt is forgotten when a refinement exists; scores are one to six samples',
    'the best of mutants and refinements goes on; mutants are ranked on common rows',
    'better prompts were thrown away',
  ],
  [
    'all that a teacher leads',
    'the first full score decides',
    '`settleShare` of the budget scores the best again before one is chosen',
    'the best of many noisy scores is mostly luck',
  ],
];
