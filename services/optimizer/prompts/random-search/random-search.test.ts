import { describe, expect, it } from 'vitest';
import { createStepper } from '../contract/create-stepper.ts';
import type { StepOutcome, StepRequest } from '../contract/requests.ts';
import type { PromptTask } from '../contract/task.ts';
import { randomSearch } from './random-search.ts';

const task: PromptTask = {
  ...{ description: 'Answer.', seed: { prefix: 'Use {"a": 1}.' }, rows: [], lengthMax: 500, lengthCost: 0 },
  splits: { propose: [], select: ['a', 'b'], report: [] },
  refusal: () => null,
};

/** Plays a search against a teacher that says this and a scorer that scores by text. */
function play(numVariations: number, teach: (draw: number) => string, score: (prefix: string) => number, calls = 100) {
  const left = { taskCalls: calls, teacherCalls: 10 };
  const stepper = createStepper(randomSearch, { task, options: { numVariations }, seed: 1, left });
  const asked: StepRequest[] = [];
  for (let requests = stepper.ask(); requests.length > 0; requests = stepper.ask()) {
    asked.push(...requests);
    stepper.tell(
      requests.map((request) => reply(request, teach, score)),
      left,
    );
  }
  return { stepper, asked };
}

function reply(request: StepRequest, teach: (draw: number) => string, score: (prefix: string) => number): StepOutcome {
  if (request.kind === 'teach') return { kind: 'teach', outcome: { status: 'answered', text: teach(request.draw) } };
  const value = score(request.prompt['prefix']!);
  const row = { status: 'scored', score: value, output: '', reason: '', failed: [] } as const;
  return { kind: 'evaluate', rows: request.rowIds.map(() => row) };
}

const prompts = (texts: readonly string[]) => JSON.stringify({ prompts: texts });

describe('random search', () => {
  it('scores the seed like every rewrite, and keeps it where it is the best', () => {
    const { stepper } = play(
      2,
      () => prompts(['one', 'two']),
      (prefix) => (prefix.startsWith('Use') ? 1 : 0),
    );
    expect(stepper.book.best()).toBe(stepper.book.seed);
    expect(stepper.book.list().map(({ id }) => stepper.book.objective(id))).toEqual([1, 0, 0]);
  });

  it('takes the best rewrite, braces and all', () => {
    const { stepper } = play(
      2,
      () => prompts(['Say {x} or {"b": 2}.', 'no']),
      (prefix) => (prefix.includes('{x}') ? 0.9 : 0.1),
    );
    expect(stepper.book.best().prompt).toEqual({ prefix: 'Say {x} or {"b": 2}.' });
  });

  it('asks in portions that fit into one reply, and counts doubles once', () => {
    const { asked, stepper } = play(
      12,
      (draw) => prompts(['same', `own ${draw}`]),
      () => 0,
    );
    expect(asked.filter((request) => request.kind === 'teach').length).toBe(3);
    expect(stepper.book.list().map(({ prompt }) => prompt['prefix'])).toEqual([
      ...['Use {"a": 1}.', 'same', 'own 0', 'own 1', 'own 2'],
    ]);
  });

  it('lives with a teacher that answers nonsense, and with a budget for nothing', () => {
    expect(
      play(
        3,
        () => 'I would rather not.',
        () => 0,
      ).stepper.book.list().length,
    ).toBe(1);
    const { asked } = play(
      3,
      () => prompts(['one']),
      () => 0,
      1,
    );
    expect(asked.filter((request) => request.kind === 'evaluate').length).toBe(1);
  });
});
