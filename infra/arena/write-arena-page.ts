import { FORGETTING_SAMPLER } from './baselines/tuned-baselines.ts';
import type { Figure } from './figure.ts';
import type { BfclReplay } from './replay/bfcl-figures.ts';
import { CALLS_PER_DAY } from './replay/learn-from-replay.ts';
import type { ParetoBanditResult } from './replay/paretobandit-replay.ts';
import type { RouteLlmResult } from './replay/routellm-replay.ts';
import { type ArenaMeasurement, type ArenaRow, LAMBDA, OURS, signedOf } from './world/measure-arena.ts';
import { REGRET_SOURCES, type RegretSource } from './world/regret-ledger.ts';
import { compositeRegret } from './world/run-arena.ts';

export interface ArenaReportParts {
  readonly figures: readonly Figure[];
  readonly arena: ArenaMeasurement | null;
  readonly bfcl: BfclReplay | null;
  readonly routeLlm: readonly RouteLlmResult[] | null;
  readonly paretoBandit: ParetoBanditResult | null;
  readonly notMeasured: readonly string[];
  readonly environment: {
    readonly node: string;
    readonly cpus: number;
    readonly quick: boolean;
    readonly seed: number;
    readonly seconds: number;
    readonly writtenAt: string;
  };
}

/** The page of the arena. Every number in it comes from the measurement. */
export function writeArenaPage(parts: ArenaReportParts): string {
  const { environment, figures, arena, bfcl, routeLlm, paretoBandit, notMeasured } = parts;
  const sections = [
    '# How well the loop decides',
    'Written by `npm run bench:arena -- --write`; do not edit it by hand.',
    `Measured on Node ${environment.node.replace(/^v/, '')} and ${environment.cpus} processors${environment.quick ? ' in the quick form' : ''} with seed ${environment.seed}, ${environment.writtenAt.slice(0, 10)}, in ${Math.round(environment.seconds / 60)} minutes. Intervals are of 95 %. A figure that misses its bar stands here as it is.`,
    '## Figures',
    table(
      ['figure', 'value', '95 % interval', 'bar', 'holds', 'n'],
      figures.map(({ id, value, interval, op, bar, pass, n }) => [
        `\`${id}\``,
        number(value),
        `${number(interval[0])} to ${number(interval[1])}`,
        `${op === '>=' ? '≥' : '≤'} ${number(bar)}`,
        pass ? 'yes' : '**no**',
        n,
      ]),
    ),
    ...(arena === null ? [] : arenaSections(arena)),
    ...(bfcl === null ? [] : bfclSections(bfcl)),
    ...(routeLlm === null ? [] : routeLlmSections(routeLlm)),
    ...(paretoBandit === null ? [] : paretoSections(paretoBandit)),
    '## Not measured here',
    notMeasured.length === 0 ? 'Everything was measured.' : notMeasured.map((each) => `- ${each}`).join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

function arenaSections(arena: ArenaMeasurement): string[] {
  const row = (each: ArenaRow): (string | number)[] => {
    const reactions = each.results.flatMap((result) => result.reactions);
    const detections = reactions.filter((reaction) => reaction.type === 'detection');
    const recoveries = reactions.filter((reaction) => reaction.type === 'recovery');
    return [
      each.name,
      each.setting,
      number(mean(each, (result) => compositeRegret(result, LAMBDA))),
      number(mean(each, signedOf)),
      number(mean(each, (result) => result.belowBarShare)),
      number(mean(each, (result) => result.costToOptimum)),
      reaction(detections),
      reaction(recoveries),
      number(mean(each, (result) => result.offList)),
    ];
  };
  const columns = [
    'policy',
    'best setting',
    'regret',
    'regret, savings counted',
    'below the bar',
    'cost',
    'left after',
    'back after',
    'off list',
  ];
  const section = (warm: boolean) => table(columns, arena.rows.filter((each) => each.warm === warm).map(row));
  return [
    '## Drift arena',
    `Twelve turn shapes, six models of four providers and twelve kinds of drift in ${arena.worlds} worlds of ${arena.sessions.toLocaleString('en-US')} sessions (3 to 60 calls, correlated within a session, labels that come late and later for bad sessions, some never). Every policy, Trimtab too, has the setting that was best on ${arena.tuningWorlds} other worlds. Trimtab runs its production code: estimation, routing, alarms and rollouts, with the arena's clock; its moves of weight are applied as a plan in automatic mode, and a running canary takes them along. How much it explores and moves in a step is in the column of settings; without a word in the file it is 0.03 and 0.1, for a gateway in which every step is looked at by a person or a canary.`,
    `Regret per call is the cost above the clairvoyant's, which serves the cheapest model that meets the bar of quality, plus ${LAMBDA} for a unit of quality below that bar (a point is worth three hundredths of the top price). What is saved by serving below the bar is not counted as saved, or the clairvoyant would be beaten by whoever ignores the bar; the next column has it with those savings counted. "Left after" and "back after" are mean calls of the turn shape until a fallen model had under a tenth of the weight, and until a recovered one had four fifths; in brackets how many of how many did before the shape's optimum changed again.`,
    '### Warm: the qualities at the start are known',
    section(true),
    '![regret over Lambda, warm](arena/regret-warm.svg)',
    '### Cold: nothing is known',
    section(false),
    '![regret over Lambda, cold](arena/regret-cold.svg)',
    '![cost and calls below the bar](arena/cost-and-quality.svg)',
    ...explained(arena),
    inside(arena),
  ];
}

/** Where the regret of ours and of the sampler that it is measured against comes from. */
function explained(arena: ArenaMeasurement): string[] {
  const rows = arena.rows.filter((each) => each.name === OURS || each.name === FORGETTING_SAMPLER);
  const cell = (row: ArenaRow, source: RegretSource) =>
    number(mean(row, ({ ledger }) => ledger[source].excess + LAMBDA * ledger[source].shortfall));
  const sources = Object.entries(REGRET_SOURCES) as [RegretSource, string][];
  return [
    '### Where regret comes from',
    'Each session that is dearer than the optimum, or short of it, is booked once, by the first line that fits. A session stays with its model, and is served in the world as it is when it starts, so that sticky sessions have no line of their own; the time that weight takes to move is in the lines of the model that it moves from.',
    table(
      ['regret per call', ...rows.map((row) => `${row.name}, ${row.warm ? 'warm' : 'cold'}`)],
      sources.map(([source, words]) => [words, ...rows.map((row) => cell(row, source))]),
    ),
    `\`regret_warm\` and \`regret_cold\` are Trimtab's regret as a part of the forgetting sampler's with the best setting of the whole grid, which goes beyond the usual one: up to 40 pseudo-counts for a session and a margin under the bar. \`..._grid63\` are the same against the usual grid: a pseudo-count for every call, and 0.99, 0.995 or 0.998 of it kept from call to call. \`..._signed\` count what is saved by serving below the bar as saved, in both. Prefixes are the loop's own: no sampler tries any, so that it neither loses by a bad one nor gains by the good one, and the clairvoyant has the good one from the day on which it is proposed.`,
  ];
}

function inside(arena: ArenaMeasurement): string {
  const ours = arena.rows.filter((each) => each.name === 'Trimtab');
  const rows = ours.map((each) => {
    const sum = (value: 'demotions' | 'falseDemotions' | 'promotedWorse' | 'policies') =>
      each.results.reduce((total, result) => total + (result.report?.[value] ?? 0), 0);
    const sessions = each.results.reduce((total, result) => total + result.sessions, 0);
    const days = each.results.reduce((total, result) => total + result.days, 0);
    return [
      each.warm ? 'warm' : 'cold',
      sum('demotions'),
      `${sum('falseDemotions')} (${number((1e5 * sum('falseDemotions')) / sessions)} per 100,000 sessions)`,
      sum('promotedWorse'),
      number(sum('policies') / days),
    ];
  });
  const columns = [
    'start',
    'models taken out of a shape',
    'of them at the bar in truth',
    'worse canaries promoted',
    'policies a day',
  ];
  return `What Trimtab did:\n\n${table(columns, rows)}`;
}

function reaction(reactions: readonly { readonly calls: number; readonly done: boolean }[]): string {
  if (reactions.length === 0) return '';
  const calls = reactions.reduce((sum, each) => sum + each.calls, 0) / reactions.length;
  return `${Math.round(calls).toLocaleString('en-US')} (${reactions.filter((each) => each.done).length}/${reactions.length})`;
}

function bfclSections(bfcl: BfclReplay): string[] {
  return [
    '## Replay: Berkeley Function-Calling Leaderboard',
    `${bfcl.questions.toLocaleString('en-US')} questions in twelve shapes, ${bfcl.models} models with recorded tokens that cost no more than the best single one, list prices of ${bfcl.priceDate} (\`infra/arena/replay/prices-2024-08.json\`, entered by hand). The production optimizer starts from the best single model, learns from cold on one half of the questions, drawn with replacement, and what it has settled on answers the other half; means over both halves and several orders of the questions. Another model serves a shape only after a canary in that shape, judged by the analysis of rollouts: not worse by ${number(100 * bfcl.runs.margin)} points, at its place among the canaries of the quarter, which share their error rates. A project has one canary at a time, so that ${CALLS_PER_DAY.toLocaleString('en-US')} calls a day, a quarter of them in either arm of the shape's canary, took ${number(bfcl.runs.days)} days: ${number(bfcl.runs.endings.promote)} canaries promoted, ${number(bfcl.runs.endings.rollBack)} rolled back and ${number(bfcl.runs.endings.inconclusive)} inconclusive. The oracle takes the cheapest model within 95 % of the best of each shape, with all answers known.`,
    table(
      ['policy', 'accuracy', 'USD per 1,000 calls', 'saving'],
      bfcl.rows.map(([name, accuracy, cost, saving]) => [name, number(accuracy), number(cost), number(saving)]),
    ),
  ];
}

function routeLlmSections(results: readonly RouteLlmResult[]): string[] {
  return [
    '## Replay: RouteLLM',
    'A weak model (Mixtral 8x7B) and a strong one (GPT-4 of November 2023). Trimtab orders prompts by what the strong model gains in their shape (subject and size of the prompt), learned on the other half. APGR is the area under the recovered gap; CPT the share of strong calls that recovers so much of it. A random router has 0.5, 0.5, 0.8 and 0.95.',
    table(
      ['benchmark', 'prompts', 'weak', 'strong', 'APGR', 'CPT(50 %)', 'CPT(80 %)', 'CPT(95 %)'],
      results.map(({ benchmark, prompts, weak, strong, apgr, cpt }) => [
        benchmark,
        prompts,
        number(weak),
        number(strong),
        number(apgr),
        ...cpt.map((share) => (share === null ? 'never' : number(share))),
      ]),
    ),
    "Published (RouteLLM, ICLR 2025): at 95 % of the strong model's quality 85 % cheaper on MT-Bench (14 % of calls to it), 45 % on MMLU and 35 % on GSM8K; APGR 0.802 on MT-Bench for the router by matrix factorisation. Those routers were trained on preference data and read the prompt; a shape does not.",
  ];
}

function paretoSections(result: ParetoBanditResult): string[] {
  return [
    '## Replay: ParetoBandit',
    `${result.prompts.toLocaleString('en-US')} prompts of its validation split, by their source; rewards are taken as qualities, cross-fitted from cold, each change of a source's model behind a canary.`,
    table(
      ['policy', 'reward', 'USD per 1,000 prompts'],
      result.rows.map(([name, reward, cost]) => [name, number(reward), number(cost)]),
    ),
    'Published (ParetoBandit, arXiv 2604.00136): never more than 0.4 % over the budget in seven ceilings, +0.071 quality after a price cut, a newcomer adopted in about 142 steps. It paces a budget, which Trimtab does not: the figures stand beside one another and are not the same measure.',
  ];
}

function mean(row: ArenaRow, value: (result: ArenaRow['results'][number]) => number): number {
  return row.results.reduce((sum, result) => sum + value(result), 0) / row.results.length;
}

function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(String).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
}
