import { describe, expect, it } from 'vitest';
import { BASELINES } from '../baselines/tuned-baselines.ts';
import { prepareWorld } from './prepare-world.ts';
import { compositeRegret, runArena } from './run-arena.ts';
import { trimtab } from './trimtab.ts';

const SESSIONS = 1_500;
const SEED = 3;

describe('a world of the arena', () => {
  it('is the same from the same seed, and another from another', () => {
    const facts = (seed: number) => {
      const { world, all } = prepareWorld(seed, 200);
      return all.map((session) => [session, world.serve(session, 2, 0), world.anchors(session.index)[0]]);
    };
    expect(facts(5)).toEqual(facts(5));
    expect(facts(5)).not.toEqual(facts(6));
  });

  it('has every kind of drift once, and sessions of 3 to 60 calls', () => {
    const { world, all } = prepareWorld(SEED, SESSIONS);
    expect(new Set(world.events.map((event) => event.kind)).size).toBe(world.events.length);
    expect(world.events.length).toBe(11);
    expect(all.every((session) => session.calls >= 3 && session.calls <= 60)).toBe(true);
  });

  it('gives scores whose mean is the true quality where nothing drifts', () => {
    const { world, all } = prepareWorld(SEED, 4_000);
    const quiet = all.filter((session) => session.index < (world.events[0]?.from ?? 0) || session.index < 150);
    const outcomes = quiet.map((session) => world.serve(session, 5, 0));
    const scored = outcomes.flatMap((outcome) => (outcome.score === null ? [] : [outcome.score - outcome.quality]));
    expect(scored.length).toBeGreaterThan(100);
    expect(Math.abs(scored.reduce((sum, each) => sum + each, 0) / scored.length)).toBeLessThan(0.04);
  });
});

describe('the clairvoyant', () => {
  it('is never done better than by any policy, whatever a point of quality is worth', () => {
    const prepared = prepareWorld(SEED, SESSIONS);
    const policies = [...BASELINES.flatMap((each) => each.settings[0] ?? []), { label: 'ours', create: trimtab() }];
    const [oracle, ...others] = policies.map(({ create }) => runArena(prepared, create, { warm: true }, SEED));
    if (oracle === undefined) throw new Error('there is no oracle');
    expect(others).toHaveLength(BASELINES.length);
    for (const lambda of [1, 20, 60, 200]) {
      for (const other of others) {
        expect(compositeRegret(other, lambda)).toBeGreaterThanOrEqual(compositeRegret(oracle, lambda));
      }
    }
  });
});

describe('Trimtab in the arena', () => {
  it('has all of its regret booked under a source, and the clairvoyant has none', () => {
    const prepared = prepareWorld(SEED, SESSIONS);
    for (const create of [trimtab(), ...BASELINES.flatMap((each) => each.settings[0]?.create ?? [])]) {
      const result = runArena(prepared, create, { warm: true }, SEED);
      const booked = Object.values(result.ledger);
      expect(booked.reduce((sum, each) => sum + each.excess, 0)).toBeCloseTo(result.excessCost, 9);
      expect(booked.reduce((sum, each) => sum + each.shortfall, 0)).toBeCloseTo(result.shortfall, 9);
      if (create === BASELINES[0]?.settings[0]?.create) expect(compositeRegret(result, 60)).toBeCloseTo(0, 9);
    }
  });

  it('serves no model that is off the list, and runs the same from the same seed', () => {
    const prepared = prepareWorld(SEED, SESSIONS);
    const first = runArena(prepared, trimtab(), { warm: false }, SEED);
    expect(first.offList).toBe(0);
    expect(runArena(prepareWorld(SEED, SESSIONS), trimtab(), { warm: false }, SEED)).toEqual(first);
  });
});
