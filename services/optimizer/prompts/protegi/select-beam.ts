import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { afterPulls, createSelector, nextPulls, type SelectorOptions, selectedArms } from './bandit-selector.ts';
import type { ProtegiOptions } from './protegi-options.ts';

/**
 * The best prompts of a pool by a bandit: rows of the select split, the same for all prompts that are scored in a round,
 * and no more of them than the budget. Scores that are known count without being paid for.
 */
export function* selectBeam(
  context: SearchContext<ProtegiOptions>,
  pool: readonly Candidate[],
  budget: number,
  noisy: boolean,
): Steps<readonly Candidate[]> {
  const { options, task, book } = context;
  const rows = context.random('select').shuffled(task.splits.select);
  const selector: SelectorOptions = {
    ...{ name: options.selector, keep: options.beamSize, budget, c: options.c },
    ...{ evalRounds: options.evalRounds, evalPromptsPerRound: options.evalPromptsPerRound },
    samplesPerEval: Math.min(options.samplesPerEval, rows.length),
  };
  const uniform = () => context.random('select').uniform();
  let state = createSelector(pool.length);
  let spent = 0;
  for (let pulls = nextPulls(state, selector, uniform); pulls !== null; pulls = nextPulls(state, selector, uniform)) {
    const wanted = pulls.arms.flatMap((arm) => {
      const candidate = pool[arm];
      return candidate === undefined
        ? []
        : [{ arm, candidate, pieces: nextRows(rows, state.arms[arm]?.count ?? 0, pulls.rows, noisy) }];
    });
    const asks = wanted.flatMap(({ candidate, pieces }) =>
      pieces.map((piece) => ({ candidateId: candidate.id, purpose: 'select' as const, ...piece })),
    );
    const cost = context.costOf(asks);
    if (cost > context.left().taskCalls || spent + cost > budget) break;
    spent += cost;
    yield* context.evaluate(asks);
    const scores = new Map(
      wanted.map(({ arm, candidate, pieces }) => [
        arm,
        pieces.flatMap(({ rowIds, sample }) =>
          rowIds.flatMap((rowId) => book.outcome(candidate.id, rowId, sample)?.score ?? []),
        ),
      ]),
    );
    if ([...scores.values()].every((list) => list.length === 0)) break;
    state = afterPulls(state, selector, scores);
  }
  return selectedArms(state, options.beamSize).flatMap((arm) => pool[arm] ?? []);
}

/** Rows after those that an arm has had; where scores are noisy a row that was had comes again with its next sample. */
function nextRows(rows: readonly string[], had: number, count: number, noisy: boolean) {
  const pieces: { rowIds: string[]; sample: number }[] = [];
  for (let at = had; at < had + count; at += 1) {
    const sample = Math.floor(at / rows.length);
    const rowId = rows[at % rows.length];
    if (rowId === undefined || (sample > 0 && !noisy)) break;
    const last = pieces.at(-1);
    if (last?.sample === sample) last.rowIds.push(rowId);
    else pieces.push({ rowIds: [rowId], sample });
  }
  return pieces;
}
