import type { ArenaChoice } from './arena-policy.ts';
import type { Optimum } from './clairvoyant.ts';
import type { ArenaSession } from './create-world.ts';
import type { DriftEvent, DriftKind } from './drift-script.ts';
import type { PreparedWorld } from './prepare-world.ts';

/** Where a policy's regret comes from; each session with any is booked once. */
export const REGRET_SOURCES = {
  exploration: 'exploration: another model than the optimum was tried',
  prefixTried: 'a prefix that harms, in its canary or after its promotion',
  prefixLacking: 'the optimum needs a prefix that the policy does not serve',
  fallen: 'served a model that had fallen, and was not left yet',
  edge: 'served a model less than three points short of what may be asked for',
  near: 'served a model three to ten points short of it',
  far: 'served a model further below it that had not fallen',
  dearRisen: 'dearer than needed: a cheaper model had improved, arrived or become cheaper',
  dearRecovered: 'dearer than needed: a cheaper model had recovered',
  dearEdge: 'dearer than needed: the cheaper model is less than a point above the bar',
  dearElse: 'dearer than needed: the cheaper model was not proven yet, or lost its standing',
} as const;

export type RegretSource = keyof typeof REGRET_SOURCES;
/** Cost above the optimum and quality short of it, both summed over calls. */
export type RegretLedger = Record<RegretSource, { excess: number; shortfall: number }>;

const FALLS: readonly DriftKind[] = ['cliff', 'ramp', 'shape_collapse', 'outage'];
const RISES: readonly DriftKind[] = ['cheap_improvement', 'new_model', 'price_change'];
const EDGE = 0.03;
const NEAR = 0.1;
const EDGE_ABOVE = 0.01;
const ROUNDING = 1e-9;

export function createLedger(): RegretLedger {
  const entries = Object.keys(REGRET_SOURCES).map((source) => [source, { excess: 0, shortfall: 0 }]);
  return Object.fromEntries(entries);
}

/** Which of the sources a session's regret comes from. */
export function sourceOf(
  prepared: PreparedWorld,
  session: ArenaSession,
  choice: ArenaChoice,
  optimum: Optimum,
  shortfall: number,
): RegretSource {
  const { world } = prepared;
  const { shape, index } = session;
  const quality = (model: number, prefix: ArenaChoice['prefix']) => world.quality(shape, model, index, prefix);
  if (quality(choice.model, choice.prefix) < quality(choice.model, 0) - ROUNDING) return 'prefixTried';
  if (choice.variant === 'exploration' && choice.explored === true) return 'exploration';
  if (quality(optimum.model, 0) < optimum.required - ROUNDING) return 'prefixLacking';
  if (shortfall > ROUNDING) {
    if (world.events.some((event) => FALLS.includes(event.kind) && hits(event, choice.model, session))) return 'fallen';
    return shortfall < EDGE ? 'edge' : shortfall < NEAR ? 'near' : 'far';
  }
  if (quality(optimum.model, 0) < world.bar + EDGE_ABOVE) return 'dearEdge';
  const past = world.events.filter((event) => event.model === optimum.model && index >= event.from);
  if (past.some((event) => FALLS.includes(event.kind) && index >= event.until)) return 'dearRecovered';
  return past.some((event) => RISES.includes(event.kind)) ? 'dearRisen' : 'dearElse';
}

function hits(event: DriftEvent, model: number, { index, shape }: ArenaSession): boolean {
  const inShape = event.shape < 0 || event.shape === shape;
  return event.model === model && inShape && index >= event.from && index < event.until;
}
