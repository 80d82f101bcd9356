import { type Optimum, optimumOf } from './clairvoyant.ts';
import { type ArenaOutcome, type ArenaSession, createWorld, type PrefixTried, type World } from './create-world.ts';

/** A world with its sessions, optima and outcomes drawn once, so that every policy meets the very same ones. */
export interface PreparedWorld {
  readonly world: World;
  readonly all: readonly ArenaSession[];
  optimum(shape: number, at: number): Optimum;
  serve(session: ArenaSession, model: number, prefix: PrefixTried): ArenaOutcome;
}

/** Optima are looked at anew after so many sessions: the ramp is slow. */
const OPTIMUM_STEP = 100;

export function prepareWorld(seed: number, sessions: number): PreparedWorld {
  const world = createWorld(seed, sessions);
  const all = Array.from({ length: sessions }, (_, index) => world.session(index));
  const optima = new Map<number, Optimum>();
  const edges = new Set(world.events.flatMap((event) => [event.from, event.until]));
  const sorted = [...edges].sort((left, right) => left - right);
  const outcomes = new Map<number, ArenaOutcome>();
  return {
    world,
    all,
    optimum(shape, at) {
      const epoch = sorted.findLastIndex((edge) => edge <= at) + 1;
      const key = (epoch * 100_000 + Math.floor(at / OPTIMUM_STEP)) * world.shapes.length + shape;
      const known = optima.get(key);
      if (known !== undefined) return known;
      const optimum = optimumOf(world, shape, at);
      optima.set(key, optimum);
      return optimum;
    },
    serve(session, model, prefix) {
      const key = (session.index * world.models.length + model) * 3 + prefix;
      const known = outcomes.get(key);
      if (known !== undefined) return known;
      const outcome = world.serve(session, model, prefix);
      outcomes.set(key, outcome);
      return outcome;
    },
  };
}
