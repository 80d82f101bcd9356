import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMockModels, inProcess } from '../../../../infra/bench/optimizers/landscapes/mock-models.ts';
import { createWorld, type World } from '../../../../infra/bench/optimizers/landscapes/world.ts';
import { UNLIMITED } from '../contract/budget-ledger.ts';
import { createStepper, restoreStepper } from '../contract/create-stepper.ts';
import { createMemoryCache } from '../contract/memory-cache.ts';
import type { BudgetLeft, StepOutcome, StepRequest } from '../contract/requests.ts';
import { searchPrompts } from '../contract/search-prompts.ts';
import type { Stepper, StepperState } from '../contract/stepper.ts';
import { PROMPT_OPTIMIZERS } from '../registry.ts';

const NAMES = ['meta-prompt', 'protegi', 'gepa', 'prompt-wizard'] as const;
const never = new AbortController().signal;

function bound(name: string) {
  const registered = PROMPT_OPTIMIZERS.find((each) => each.name === name);
  if (registered === undefined) throw new Error(`${name} is not registered`);
  return registered.bind({});
}

const worldOf = (seed: number, noise = 0, landscape: 'L1' | 'L2' | 'L3' | 'L6' = 'L1') =>
  createWorld({ landscape, constants: 'frozen', seed, noise });

/** Answers requests with the models of a world, and takes them off what is left. */
function performer(world: World) {
  const { evaluator, teacher } = createMockModels(world, inProcess);
  return async (request: StepRequest): Promise<StepOutcome> => {
    if (request.kind === 'teach') {
      const { costUsd: _cost, ...outcome } = await teacher.teach(request, never);
      return { kind: 'teach', outcome: outcome as Extract<StepOutcome, { kind: 'teach' }>['outcome'] };
    }
    const { prompt, sample } = request;
    const rows = await Promise.all(request.rowIds.map((rowId) => evaluator.evaluate({ prompt, rowId, sample }, never)));
    return { kind: 'evaluate', rows: rows as Extract<StepOutcome, { kind: 'evaluate' }>['rows'] };
  };
}

function costOf(requests: readonly StepRequest[]): BudgetLeft {
  const calls = requests.map((request) => (request.kind === 'teach' ? 0 : request.rowIds.length));
  const taskCalls = calls.reduce((sum, rows) => sum + rows, 0);
  return { taskCalls, teacherCalls: requests.filter(({ kind }) => kind === 'teach').length };
}

/** Drives a stepper to its end. `perform` may fail as it likes; what does not fit the budget would be refused. */
async function drive(
  stepper: Stepper,
  start: BudgetLeft,
  perform: (request: StepRequest) => Promise<StepOutcome>,
  afterTell: (requests: readonly StepRequest[], left: BudgetLeft) => void = () => {},
) {
  let left = start;
  for (let requests = stepper.ask(); requests.length > 0; requests = stepper.ask()) {
    const cost = costOf(requests);
    expect(cost.taskCalls).toBeLessThanOrEqual(left.taskCalls);
    expect(cost.teacherCalls).toBeLessThanOrEqual(left.teacherCalls);
    left = { taskCalls: left.taskCalls - cost.taskCalls, teacherCalls: left.teacherCalls - cost.teacherCalls };
    stepper.tell(await Promise.all(requests.map(perform)), left);
    afterTell(requests, left);
  }
  return left;
}

const LEFT = { taskCalls: 400, teacherCalls: 200 };
const historyOf = (stepper: Stepper) => JSON.stringify([stepper.book.list(), stepper.serialize()]);

describe.each(NAMES)('%s', (name) => {
  it('finds most of the rules of the house on a checklist, noise or not', async () => {
    for (const [seed, noise] of [
      [101, 0],
      [102, 0],
      [103, 0.15],
    ] as const) {
      const world = worldOf(seed, noise);
      const left = { taskCalls: 1_200, teacherCalls: 2_000 };
      const stepper = createStepper(bound(name).optimizer, {
        task: world.task,
        options: bound(name).options,
        seed,
        left,
      });
      await drive(stepper, left, performer(world));
      expect(world.trueScore(stepper.book.best().prompt, world.rows.heldOut)).toBeGreaterThan(0.6);
    }
  });

  it('goes on from its serialised state after every step with the very same history', async () => {
    const world = worldOf(7, 0.15);
    const { optimizer, options } = bound(name);
    const setup = { task: world.task, options, seed: 0, left: LEFT };
    const stepper = createStepper(optimizer, setup);
    const states: { state: string; next: string }[] = [];
    await drive(stepper, LEFT, performer(world), () => {
      states.push({ state: JSON.stringify(stepper.serialize()), next: JSON.stringify(stepper.ask()) });
    });
    expect(states.length).toBeGreaterThan(10);
    for (const { state, next } of states) {
      const restored = restoreStepper(optimizer, setup, JSON.parse(state) as StepperState);
      expect(JSON.stringify(restored.ask())).toBe(next);
      expect(JSON.stringify(restored.serialize())).toBe(state);
    }
    const last = restoreStepper(optimizer, setup, JSON.parse(states.at(-1)?.state ?? '') as StepperState);
    expect(historyOf(last)).toBe(historyOf(stepper));
  });

  it('comes to the same result whoever of many finishes first', async () => {
    const world = worldOf(11, 0.15);
    const run = async (slots: number, delay: (turn: number) => number) => {
      const { evaluator, teacher } = createMockModels(world, inProcess);
      let turn = 0;
      const late = {
        ...evaluator,
        evaluate: async (...given: Parameters<typeof evaluator.evaluate>) => {
          turn += 1;
          for (let tick = delay(turn); tick > 0; tick -= 1) await Promise.resolve();
          return await evaluator.evaluate(...given);
        },
      };
      const ports = { evaluator: late, teacher, cache: createMemoryCache(), clock: () => 0 };
      const result = await searchPrompts(
        { ...ports, pause: async () => {}, save: async () => {} },
        {
          ...{ searchId: name, task: world.task, ...bound(name), seed: 3, alpha: 0.05, slots, attemptsMax: 2 },
          ...{ limits: { ...UNLIMITED, taskCalls: 300, teacherCalls: 200 }, stopping: {} },
        },
        null,
        never,
      );
      return JSON.stringify(result);
    };
    expect(await run(8, (turn) => (turn * 7) % 13)).toBe(await run(1, () => 0));
  });

  it('asks for no more than is left, and ends, whatever fails', async () => {
    const world = worldOf(5, 0.15, 'L3');
    const fails = fc.record({
      taskCalls: fc.integer({ min: 0, max: 300 }),
      teacherCalls: fc.integer({ min: 0, max: 40 }),
      seed: fc.nat(1_000),
      errorEvery: fc.integer({ min: 1, max: 6 }),
      reply: fc.constantFrom('as it is', 'failed', 'nonsense', 'empty', 'unchanged', 'very long'),
    });
    await fc.assert(
      fc.asyncProperty(fails, async ({ taskCalls, teacherCalls, seed, errorEvery, reply }) => {
        const left = { taskCalls, teacherCalls };
        const { optimizer, options } = bound(name);
        const stepper = createStepper(optimizer, { task: world.task, options, seed, left });
        const perform = performer(world);
        let asked = 0;
        const failing = async (request: StepRequest): Promise<StepOutcome> => {
          const outcome = await perform(request);
          if (outcome.kind === 'teach') return { kind: 'teach', outcome: spoilt(reply, outcome.outcome) };
          const rows = outcome.rows.map((row) => {
            asked += 1;
            return errorEvery > 1 && asked % errorEvery === 0 ? { status: 'error' as const, message: 'down' } : row;
          });
          return { kind: 'evaluate', rows };
        };
        await drive(stepper, left, failing);
        for (const { prompt } of stepper.book.list()) expect(Object.keys(prompt).sort()).toEqual(['a', 'b']);
      }),
      { numRuns: 40 },
    );
  });

  it('returns the seed when the teacher has nothing to say', async () => {
    const world = worldOf(9);
    const { optimizer, options } = bound(name);
    const stepper = createStepper(optimizer, { task: world.task, options, seed: 1, left: LEFT });
    const perform = performer(world);
    await drive(stepper, LEFT, async (request) =>
      request.kind === 'teach'
        ? { kind: 'teach', outcome: { status: 'answered', text: 'no' } }
        : await perform(request),
    );
    expect(stepper.book.best()).toBe(stepper.book.seed);
  });

  it('refuses options that it does not know', () => {
    const registered = PROMPT_OPTIMIZERS.find((each) => each.name === name);
    expect(() => registered?.bind({ nonsense: 1 })).toThrow(/nonsense/);
  });
});

function spoilt<Outcome>(how: string, outcome: Outcome) {
  const answered = (text: string) => ({ status: 'answered' as const, text });
  switch (how) {
    case 'failed':
      return { status: 'failed' as const, message: 'down' };
    case 'nonsense':
      return answered('I would rather not.');
    case 'empty':
      return answered('{"prompts": [], "critiques": [], "examples": []}');
    case 'unchanged':
      return answered('{"prompts": ["Answer the case."], "critiques": ["Fine."]}');
    case 'very long':
      return answered(JSON.stringify({ prompts: ['x'.repeat(9_000)], critiques: ['y'.repeat(9_000)] }));
    default:
      return outcome as Extract<StepOutcome, { kind: 'teach' }>['outcome'];
  }
}
