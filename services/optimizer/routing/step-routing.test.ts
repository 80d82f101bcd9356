import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PolicyTarget, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { moveWeight } from './move-weight.ts';
import { cellOf, createRoutingState, isDue, type RoutingState, routingStateSchema } from './routing-state.ts';
import { type RoutingEvent, stepRouting } from './step-routing.ts';

const RULES = { qualityBar: 0.8, tolerance: 0.03, alphaProven: 0.05 };
const SHAPE = '16k-multi-edit';
const MODEL = 'model';

function session(quality: number, model = MODEL, turnShape = SHAPE): RoutingEvent {
  return { type: 'session', turnShape, model, quality, hardFailure: false };
}

/** Sessions of a model whose quality is about a mean. */
function sessions(mean: number, count: number, seed = 1): RoutingEvent[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => session(random.beta(mean * 20, (1 - mean) * 20)));
}

const run = (events: readonly RoutingEvent[], from: RoutingState = createRoutingState()) =>
  events.reduce((state, event) => stepRouting(state, event, RULES), from);
const phaseOf = (state: RoutingState) => cellOf(state, SHAPE, MODEL).phase;

describe('the standing of a model in a shape', () => {
  it('is proven by good sessions, and below the bar by bad ones', () => {
    expect(phaseOf(run(sessions(0.92, 80)))).toBe('proven');
    expect(phaseOf(run(sessions(0.5, 30)))).toBe('below');
  });

  it('falls within a dozen bad sessions, however many good ones came before', () => {
    const proven = run(sessions(0.92, 500));
    const fallen = sessions(0.45, 12, 2).reduce((state, event) => stepRouting(state, event, RULES), proven);
    expect(phaseOf(fallen)).toBe('below');
    expect(cellOf(fallen, SHAPE, MODEL).setbacks).toBe(1);
  });

  it('does not listen during its back-off, then returns on few good sessions and is proven on more', () => {
    const fallen = run([...sessions(0.92, 200), ...sessions(0.4, 15, 2)]);
    expect(isDue(fallen, SHAPE, cellOf(fallen, SHAPE, MODEL))).toBe(false);
    // The other sessions of the shape are the clock of the back-off.
    const waited = run(
      Array.from({ length: 60 }, () => session(0.9, 'other')),
      fallen,
    );
    expect(isDue(waited, SHAPE, cellOf(waited, SHAPE, MODEL))).toBe(true);
    const back = run(sessions(0.92, 8, 3), waited);
    expect(phaseOf(back)).toBe('returning');
    expect(phaseOf(run(sessions(0.92, 80, 4), back))).toBe('proven');
  });

  it('waits longer after every setback', () => {
    const waits: number[] = [];
    let state = run([...sessions(0.92, 200), ...sessions(0.4, 15, 2)]);
    for (let again = 0; again < 3; again += 1) {
      const cell = cellOf(state, SHAPE, MODEL);
      waits.push(cell.resumeAt - (state.shapes[SHAPE] ?? 0));
      while (!isDue(state, SHAPE, cellOf(state, SHAPE, MODEL)))
        state = stepRouting(state, session(0.9, 'other'), RULES);
      state = run(sessions(0.4, 15, again + 3), state);
    }
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    expect(waits[2]).toBeGreaterThan(waits[1] ?? 0);
  });

  it('ends a trial that finds the model as it was after a session or two, and returns one that has risen as soon', () => {
    const fallen = run([...sessions(0.92, 200), ...sessions(0.4, 15, 2)]);
    const waited = run(
      Array.from({ length: 60 }, () => session(0.9, 'other')),
      fallen,
    );
    const { setbacks } = cellOf(waited, SHAPE, MODEL);
    expect(cellOf(run([session(0.4)], waited), SHAPE, MODEL)).toMatchObject({ phase: 'below', setbacks: setbacks + 1 });
    expect(phaseOf(run([session(0.95), session(0.9)], waited))).toBe('returning');
  });

  it('wakes a model in the shapes that a rise seen in another would bring to the bar, and in no other', () => {
    const near = '16k-single-plan';
    const far = '16k-parallel-plan';
    const below = (turnShape: string, quality: number) =>
      Array.from({ length: 20 }, (_, at) => session(at < 8 ? 0.9 : quality, at < 8 ? 'other' : MODEL, turnShape));
    const others = Array.from({ length: 80 }, () => session(0.9, 'other'));
    const waited = run([...below(near, 0.6), ...below(far, 0.15), ...below(SHAPE, 0.5), ...others]);
    expect(isDue(waited, SHAPE, cellOf(waited, SHAPE, MODEL))).toBe(true);
    expect(isDue(waited, near, cellOf(waited, near, MODEL))).toBe(false);
    const risen = run(
      Array.from({ length: 4 }, () => session(0.85)),
      waited,
    );
    expect(phaseOf(risen)).toBe('returning');
    expect(isDue(risen, near, cellOf(risen, near, MODEL))).toBe(true);
    expect(isDue(risen, far, cellOf(risen, far, MODEL))).toBe(false);
  });

  it('is below the bar at once when an alarm says so', () => {
    const proven = run(sessions(0.92, 200));
    expect(phaseOf(stepRouting(proven, { type: 'alarm', turnShape: SHAPE, model: MODEL }, RULES))).toBe('below');
  });

  it('is below the bar in every shape when the model fails everybody in a row, and not when it fails now and then', () => {
    const elsewhere = '4k-none-plan';
    const proven = run([
      ...sessions(0.92, 100),
      ...sessions(0.92, 100, 2).map((each) => ({ ...each, turnShape: elsewhere })),
    ]);
    const failed = (turnShape: string): RoutingEvent => {
      return { type: 'session', turnShape, model: MODEL, quality: 0.05, hardFailure: true };
    };
    const inTurns = [failed(SHAPE), failed(SHAPE), failed(elsewhere)];
    const nearly = run(inTurns, proven);
    expect(cellOf(nearly, elsewhere, MODEL).phase).toBe('proven');
    const out = run([failed(SHAPE)], nearly);
    expect([SHAPE, elsewhere].map((turnShape) => cellOf(out, turnShape, MODEL).phase)).toEqual(['below', 'below']);
    expect(cellOf(out, elsewhere, MODEL).fellTo).toBeCloseTo(0.05);
    const alone = run(
      Array.from({ length: 8 }, () => failed(SHAPE)),
      proven,
    );
    expect(cellOf(alone, elsewhere, MODEL).phase).toBe('proven');
    const interrupted = run([...inTurns, session(0.9), failed(elsewhere)], proven);
    expect(cellOf(interrupted, elsewhere, MODEL).phase).toBe('proven');
  });

  it('asks for no more than the best model of a shape in which none reaches the bar', () => {
    const events = Array.from({ length: 300 }, (_, at) => session(0.6 + (at % 5) / 50, at % 2 === 0 ? 'dear' : MODEL));
    expect(phaseOf(run(events))).not.toBe('below');
  });

  it('is hardly ever called proven when it is at the bar less the tolerance', () => {
    const random = createSeededRandom(9);
    // Somebody reaches the bar, so that it is the bar that counts.
    const standard = run(Array.from({ length: 40 }, () => session(0.9, 'other')));
    const proven = Array.from({ length: 300 }, () => {
      const required = RULES.qualityBar - RULES.tolerance;
      const events = Array.from({ length: 150 }, () => session(random.beta(required * 8, (1 - required) * 8)));
      return events.reduce<{ state: RoutingState; ever: boolean }>(
        ({ state, ever }, event) => {
          const next = stepRouting(state, event, RULES);
          return { state: next, ever: ever || phaseOf(next) === 'proven' };
        },
        { state: standard, ever: false },
      ).ever;
    }).filter((ever) => ever).length;
    expect(proven / 300).toBeLessThan(0.1);
  });
});

const anyEvent = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      type: fc.constant('session' as const),
      turnShape: fc.constantFrom(SHAPE, '4k-none-plan'),
      model: fc.constantFrom('a', 'b', 'c'),
      quality: fc.double({ min: 0, max: 1, noNaN: true }),
      hardFailure: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('alarm' as const),
      turnShape: fc.constantFrom(SHAPE, '4k-none-plan'),
      model: fc.constantFrom('a', 'b', 'c'),
    }),
  },
);

describe('the state of routing', () => {
  it('goes on from its JSON as if it had never been written down', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 120 }), fc.nat(120), (events, cut) => {
        const half = run(events.slice(0, cut));
        const stored = routingStateSchema.parse(JSON.parse(JSON.stringify(half)));
        expect(run(events.slice(cut), stored)).toEqual(run(events));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a step of weight', () => {
  const anyTargets = fc
    .uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 })
    .map((models) =>
      models.map((model, at) => ({
        model,
        weight: at === 0 ? WEIGHT_TOTAL - 1_500 * (models.length - 1) : 1_500,
      })),
    );
  const anyAim = fc
    .tuple(
      fc.constantFrom<string>('a', 'b', 'e'),
      fc.constantFrom<string>('c', 'f'),
      fc.integer({ min: 0, max: 4_900 }),
    )
    .map(
      ([leader, second, share]) =>
        new Map([
          [leader, WEIGHT_TOTAL - share],
          [second, share],
        ]),
    );

  it('keeps the sum, moves no more than the step besides what dropped models free, and drops those at once', () => {
    fc.assert(
      fc.property(
        anyTargets,
        anyAim,
        fc.uniqueArray(fc.constantFrom<string>('b', 'c', 'd'), { maxLength: 2 }),
        fc.integer({ min: 1, max: 5_000 }),
        (targets, aim, drops, stepMax) => {
          const leader = [...aim].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
          const dropped = new Set(drops.filter((model) => !aim.has(model)));
          const moved = moveWeight(targets, { aim, dropped, stepMax });
          const weight = (list: readonly PolicyTarget[], model: string) =>
            list.filter((each) => each.model === model).reduce((sum, each) => sum + each.weight, 0);
          expect(moved.reduce((sum, each) => sum + each.weight, 0)).toBe(WEIGHT_TOTAL);
          expect(moved.every((each) => Number.isInteger(each.weight))).toBe(true);
          expect(moved.every((each) => each.weight > 0 || each.prefixId !== undefined)).toBe(true);
          const freed = [...dropped].reduce((sum, model) => sum + weight(targets, model), 0);
          for (const model of ['a', 'b', 'c', 'd', 'e', 'f']) {
            if (dropped.has(model)) expect(weight(moved, model)).toBe(0);
            else {
              const gain = weight(moved, model) - weight(targets, model);
              expect(gain).toBeLessThanOrEqual(stepMax + (model === leader ? freed : 0));
              expect(gain).toBeGreaterThanOrEqual(-stepMax);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
