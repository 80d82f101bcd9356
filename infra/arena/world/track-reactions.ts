import type { ArenaPolicy } from './arena-policy.ts';
import type { ArenaSession } from './create-world.ts';
import type { DriftKind } from './drift-script.ts';
import type { PreparedWorld } from './prepare-world.ts';

/** How long a policy took, in one shape, to leave a model that fell or to come back to one that recovered. */
export interface Reaction {
  readonly type: 'detection' | 'recovery';
  readonly kind: DriftKind;
  readonly shape: number;
  /** Calls of the shape, and of all shapes, until it was done; until the watch ended when it never was. */
  readonly calls: number;
  readonly allCalls: number;
  readonly done: boolean;
  /** Times that it went back on it afterwards. */
  readonly flaps: number;
}

interface Watch {
  readonly type: 'detection' | 'recovery';
  readonly kind: DriftKind;
  readonly shape: number;
  readonly model: number;
  readonly from: number;
  readonly until: number;
  calls: number;
  allCalls: number;
  done: boolean;
  flaps: number;
  up: boolean;
  begun: boolean;
}

/** A policy without weights of its own is measured by its last sessions in the shape. */
const RECENT = 20;
const DETECTED_BELOW = 0.1;
const RECOVERED_FROM = 0.8;
/** After a recovery, weight that falls under this again is a flap. */
const FLAPPED_BELOW = 0.5;
const FALLS: readonly DriftKind[] = ['cliff', 'ramp', 'shape_collapse', 'outage'];

/**
 * Watches the shapes in which a drift takes the optimum away from a model, or gives it back: weight of the model under a
 * tenth is a detection, of the optimum at four fifths a recovery.
 */
export function trackReactions(prepared: PreparedWorld, policy: ArenaPolicy) {
  const { world } = prepared;
  const recent = world.shapes.map((): number[] => []);
  const watches = watchesOf(prepared);
  const weightOf = (shape: number, model: number) => {
    if (policy.weight !== undefined) return policy.weight(shape, model);
    const last = recent[shape] ?? [];
    return last.filter((each) => each === model).length / RECENT;
  };
  return {
    see(session: ArenaSession, model: number): void {
      const { shape, index, calls } = session;
      const last = recent[shape] ?? [];
      last.push(model);
      if (last.length > RECENT) last.shift();
      for (const watch of watches) {
        if (index < watch.from || index >= watch.until) continue;
        if (!watch.done) watch.allCalls += calls;
        if (watch.shape === shape) step(watch, calls, weightOf(shape, watch.model));
      }
    },
    reactions: (): Reaction[] =>
      watches
        .filter((watch) => watch.begun && watch.calls > 0)
        .map(({ type, kind, shape, calls, allCalls, done, flaps }) => {
          return { type, kind, shape, calls, allCalls, done, flaps };
        }),
  };
}

function step(watch: Watch, calls: number, weight: number): void {
  if (!watch.begun) {
    // Who was not there when it fell has nothing to detect, and who never left has nothing to come back to.
    if (watch.type === 'detection' && weight < RECOVERED_FROM) watch.done = true;
    watch.begun = watch.type === 'recovery' || weight >= RECOVERED_FROM;
  }
  const reached = watch.type === 'detection' ? weight < DETECTED_BELOW : weight >= RECOVERED_FROM;
  if (!watch.done) {
    watch.calls += calls;
    watch.done = reached;
    watch.up = reached;
    return;
  }
  if (watch.type === 'detection') return;
  if (watch.up && weight < FLAPPED_BELOW) {
    watch.flaps += 1;
    watch.up = false;
  } else if (weight >= RECOVERED_FROM) watch.up = true;
}

function watchesOf(prepared: PreparedWorld): Watch[] {
  const { world, all } = prepared;
  const fresh = { calls: 0, allCalls: 0, done: false, flaps: 0, up: false, begun: false };
  return world.events
    .filter((event) => FALLS.includes(event.kind))
    .flatMap((event) =>
      world.shapes.flatMap((_, shape): Watch[] => {
        if (event.from < 1 || event.until >= all.length) return [];
        const before = prepared.optimum(shape, event.from - 1).model;
        const worst = prepared.optimum(shape, event.until - 1).model;
        const after = prepared.optimum(shape, event.until).model;
        if (before !== event.model || worst === before) return [];
        const of = { kind: event.kind, shape, model: event.model, ...fresh };
        const detection: Watch = { ...of, type: 'detection', from: event.from, until: event.until };
        const recovery: Watch = {
          ...of,
          type: 'recovery',
          from: event.until,
          until: untilChange(prepared, event, shape),
        };
        return event.kind === 'ramp' ? [recovery] : after === before ? [detection, recovery] : [detection];
      }),
    );
}

/** The session at which the recovered model stops being the optimum, or the last. */
function untilChange(
  prepared: PreparedWorld,
  event: { readonly until: number; readonly model: number },
  shape: number,
): number {
  const edges = prepared.world.events
    .flatMap(({ from, until }) => [from, until])
    .filter((edge) => edge > event.until && edge < prepared.all.length)
    .sort((left, right) => left - right);
  return edges.find((edge) => prepared.optimum(shape, edge).model !== event.model) ?? prepared.all.length;
}
