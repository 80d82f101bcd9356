import { type Attribution, findAttributions } from '../../../services/optimizer/clustering/attribution.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { exactInterval } from '../scoring/exact-interval.ts';
import { atLeast, type ClusterResult } from './cluster-figure.ts';
import { type Cause, simulateAttribution } from './simulate-attribution.ts';

const SEED = 4_242;
const WORLDS = 200;
const WORLDS_QUICK = 60;
/** What truly causes the failures in worlds where a provider only seems to. */
const CONFOUNDERS: readonly Cause[] = ['turnShape', 'model', 'tool', 'repo'];

interface Outcome {
  readonly cause: Cause;
  readonly claimed: readonly string[];
  readonly truth: string;
  readonly isCauseNamed: boolean;
  readonly looksGuilty: boolean;
}

/** "On provider X": said when it is true, and only then. */
export function attributionFigures(options: { readonly isQuick: boolean }): ClusterResult {
  const worlds = options.isQuick ? WORLDS_QUICK : WORLDS;
  const random = createSeededRandom(SEED);
  const causes: readonly Cause[] = [
    ...Array.from({ length: worlds }, (): Cause => 'provider'),
    ...Array.from({ length: worlds }, (_world, index) => CONFOUNDERS[index % CONFOUNDERS.length] ?? 'nothing'),
    ...Array.from({ length: worlds / 4 }, (): Cause => 'nothing'),
  ];
  const outcomes = causes.map((cause): Outcome => {
    const { cells, value } = simulateAttribution(cause, random);
    const found = findAttributions(cells);
    return {
      ...{ cause, truth: value },
      claimed: found.filter(isProviderClaim).map((each) => each.value),
      isCauseNamed: found.some((each) => each.dimension === cause && each.value === value),
      looksGuilty: plainLift(cells) >= 1.5,
    };
  });
  const claims = outcomes.flatMap((each) =>
    each.claimed.map((value) => each.cause === 'provider' && value === each.truth),
  );
  const right = claims.filter(Boolean).length;
  const planted = outcomes.filter((each) => each.cause === 'provider');
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
    tables: [
      {
        title: 'Attribution',
        columns: ['true cause', 'worlds', 'provider looks guilty', 'a provider named', 'true cause named'],
        rows: (['provider', ...CONFOUNDERS, 'nothing'] as const).map((cause) => {
          const own = outcomes.filter((each) => each.cause === cause);
          const count = (holds: (each: Outcome) => boolean) => own.filter(holds).length;
          return [
            ...[cause, own.length, count((each) => each.looksGuilty)],
            ...[count((each) => each.claimed.length > 0), count((each) => each.isCauseNamed)],
          ];
        }),
      },
    ],
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
