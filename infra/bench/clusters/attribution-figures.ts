import { type Attribution, findAttributions } from '../../../services/optimizer/clustering/attribution.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { exactInterval } from '../scoring/exact-interval.ts';
import type { ScoringTable } from '../scoring/scoring-report.ts';
import { atLeast, type ClusterResult } from './cluster-figure.ts';
import { type Causes, simulateAttribution } from './simulate-attribution.ts';

const SEED = 4_242;
const WORLDS = 200;
const WORLDS_QUICK = 40;
/** Worlds where a provider is guilty: everywhere, or only of one turn shape. */
const PLANTED: readonly Causes[] = [['provider'], ['provider', 'turnShape']];
/** Worlds where a provider only seems to be: what is guilty comes to it more often than to others. */
const CONFOUNDED: readonly Causes[] = [
  ['turnShape'],
  ['model'],
  ['tool'],
  ['repo'],
  ['turnShape', 'model'],
  ['tool', 'repo'],
];
const NOTHING: Causes = [];

interface Outcome {
  readonly causes: Causes;
  readonly claimed: readonly string[];
  readonly truth: string;
  readonly isCauseNamed: boolean;
  readonly looksGuilty: boolean;
}

/** "On provider X": said when it is true, and only then. */
export function attributionFigures(options: { readonly isQuick: boolean }): ClusterResult {
  const worlds = options.isQuick ? WORLDS_QUICK : WORLDS;
  const random = createSeededRandom(SEED);
  const repeated = (causes: readonly Causes[], count: number) =>
    Array.from({ length: count }, (_world, index) => causes[index % causes.length] ?? NOTHING);
  const all = [...repeated(PLANTED, worlds), ...repeated(CONFOUNDED, worlds), ...repeated([NOTHING], worlds / 4)];
  const outcomes = all.map((causes): Outcome => {
    const { cells, guilty } = simulateAttribution(causes, random);
    const found = findAttributions(cells);
    return {
      ...{ causes, truth: guilty.provider, looksGuilty: plainLift(cells) >= 1.5 },
      claimed: found.filter(isProviderClaim).map((each) => each.value),
      isCauseNamed: found.some(({ dimension, value }) => causes.includes(dimension) && guilty[dimension] === value),
    };
  });
  const claims = outcomes.flatMap((each) =>
    each.claimed.map((value) => each.causes.includes('provider') && value === each.truth),
  );
  const right = claims.filter(Boolean).length;
  const planted = outcomes.filter((each) => each.causes.includes('provider'));
  const named = planted.filter((each) => each.claimed.includes(each.truth)).length;
  return {
    figures: [
      atLeast(0.95, {
        ...{ id: 'attr_precision', value: claims.length === 0 ? 0 : right / claims.length, n: claims.length },
        interval: exactInterval(right, claims.length),
      }),
      atLeast(0.9, {
        ...{ id: 'attr_recall', value: named / planted.length, n: planted.length },
        interval: exactInterval(named, planted.length),
      }),
    ],
    tables: [attributionTable(outcomes)],
  };
}

function attributionTable(outcomes: readonly Outcome[]): ScoringTable {
  return {
    title: 'Attribution',
    columns: ['true cause', 'worlds', 'provider looks guilty by plain rates', 'a provider named', 'a true cause named'],
    rows: [...PLANTED, ...CONFOUNDED, NOTHING].map((causes) => {
      const own = outcomes.filter((each) => each.causes === causes);
      const count = (holds: (each: Outcome) => boolean) => own.filter(holds).length;
      return [
        ...[causes.join(' and ') || 'nothing', own.length, count((each) => each.looksGuilty)],
        ...[count((each) => each.claimed.length > 0), count((each) => each.isCauseNamed)],
      ];
    }),
  };
}

/** As a title reads it: what cannot be told from another dimension is not said of the provider. */
function isProviderClaim(attribution: Attribution): boolean {
  return attribution.dimension === 'provider' && attribution.inseparableFrom.length === 0;
}

/** Rate of the first provider over that of the others, unadjusted. */
function plainLift(cells: Parameters<typeof findAttributions>[0]): number {
  const rateWhere = (isFirst: boolean) => {
    const own = cells.filter((cell) => (cell.values.provider === 'provider-0') === isFirst);
    const failures = own.reduce((sum, cell) => sum + cell.failures, 0);
    return (
      failures /
      Math.max(
        1,
        own.reduce((sum, cell) => sum + cell.eligible, 0),
      )
    );
  };
  return rateWhere(true) / Math.max(1e-9, rateWhere(false));
}
