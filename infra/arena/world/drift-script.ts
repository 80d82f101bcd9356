import type { SeededRandom } from '../seeded-random.ts';

/** What happens to the world, each kind once in a run. */
export const DRIFT_KINDS = [
  'cliff',
  'ramp',
  'shape_collapse',
  'recovery',
  'cheap_improvement',
  'price_change',
  'outage',
  'new_model',
  'judge_drift',
  'mix_shift',
  'mixed_prefix',
  'late_bad_canary',
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

/** One event, in numbers of sessions since the start. Models and shapes by index; -1 where it has none. */
export interface DriftEvent {
  readonly kind: DriftKind;
  readonly from: number;
  /** Where it ends again; Infinity for what stays. */
  readonly until: number;
  readonly model: number;
  readonly shape: number;
}

/** Who serves how much of the world at the start under the clairvoyant policy: what a drift has to hit to matter. */
export interface DriftTargets {
  readonly byTraffic: readonly number[];
  readonly heavyShapeOf: (model: number) => number;
  readonly improvable: { readonly model: number; readonly shape: number };
}

/** A window takes this share of the run, and its start is moved by up to this share. */
const WINDOW = 0.14;
const JITTER = 0.015;
/** Outages are short. */
const OUTAGE = 0.02;

/** The events of one world: each kind has its place in the run, in an order that the seed shuffles. */
export function scriptDrift(random: SeededRandom, sessions: number, targets: DriftTargets): DriftEvent[] {
  const kinds = shuffled(
    random,
    DRIFT_KINDS.filter((kind) => kind !== 'recovery'),
  );
  const [first = 0, second = first] = targets.byTraffic;
  return kinds.map((kind, place) => {
    const start = (0.05 + (0.8 * place) / kinds.length + JITTER * random.uniform()) * sessions;
    const from = Math.round(start);
    const until = Math.round(from + WINDOW * sessions);
    const event = { kind, from, until, model: -1, shape: -1 };
    switch (kind) {
      case 'cliff':
      case 'mixed_prefix':
      case 'late_bad_canary':
        return { ...event, model: first };
      case 'ramp':
        return { ...event, model: second };
      case 'shape_collapse':
        return { ...event, model: first, shape: targets.heavyShapeOf(first) };
      case 'cheap_improvement':
        return { ...event, ...targets.improvable, until: Infinity };
      case 'price_change':
        return { ...event, model: second };
      case 'outage':
        return { ...event, model: first, until: Math.round(from + OUTAGE * sessions) };
      case 'new_model':
        return { ...event, until: Infinity };
      case 'mix_shift':
        return { ...event, until: Infinity };
      default:
        return event;
    }
  });
}

function shuffled<T>(random: SeededRandom, values: readonly T[]): T[] {
  const left = [...values];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random.uniform() * left.length), 1));
  return order;
}
