import * as z from 'zod';
import { createStepper } from '../../contract/create-stepper.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { RowOutcome, StepOutcome, StepRequest, TeachRequest } from '../../contract/requests.ts';
import type { SearchContext, Steps } from '../../contract/search-context.ts';
import type { PromptTask } from '../../contract/task.ts';

/** A small task: rows `p0`…, `s0`…, `r0`… of the three splits, one component unless the seed has more. */
export function smallTask(seed: Prompt = { prefix: 'Answer.' }, rowsPerSplit = 6): PromptTask {
  const ids = (split: string) => Array.from({ length: rowsPerSplit }, (_, index) => `${split}${index}`);
  const splits = { propose: ids('p'), select: ids('s'), report: ids('r') };
  const rows = [...splits.propose, ...splits.select, ...splits.report].map((id) => ({
    ...{ id, input: `question ${id}`, expected: null, group: id, stratum: '', component: null },
  }));
  const limits = { lengthMax: 1_000, lengthCost: 0, refusal: () => null };
  return { description: 'Answer questions.', seed, rows, splits, ...limits };
}

export interface MoveModels {
  /** Score of a row, and why; an error when it is null. */
  readonly score?: (text: string, rowId: string, sample: number) => { score: number; reason?: string } | null;
  readonly teach?: (request: TeachRequest) => string;
  readonly taskCalls?: number;
  readonly teacherCalls?: number;
}

/** Runs a part of a search by itself: what it returned, and what it asked for. */
export function runMove<Result, Options = unknown>(
  task: PromptTask,
  move: (context: SearchContext<Options>) => Steps<Result>,
  { score = () => ({ score: 0 }), teach = () => '', taskCalls = 10_000, teacherCalls = 1_000 }: MoveModels = {},
  options: Options = {} as Options,
): { readonly result: Result; readonly requests: readonly StepRequest[] } {
  let returned: { readonly result: Result } | null = null;
  const search = function* (context: SearchContext<Options>): Steps<void> {
    returned = { result: yield* move(context) };
  };
  const optimizer = { name: 'move', version: 1, options: z.any(), search, taskCallsMin: () => 0 };
  let left = { taskCalls, teacherCalls };
  const stepper = createStepper(optimizer, { task, options, seed: 1, left });
  const requests: StepRequest[] = [];
  for (let asked = stepper.ask(); asked.length > 0; asked = stepper.ask()) {
    requests.push(...asked);
    const outcomes = asked.map((request): StepOutcome => {
      if (request.kind === 'teach') return { kind: 'teach', outcome: { status: 'answered', text: teach(request) } };
      left = { ...left, taskCalls: left.taskCalls - request.rowIds.length };
      const text = Object.values(request.prompt).join('\n');
      return { kind: 'evaluate', rows: request.rowIds.map((id) => outcomeOf(score(text, id, request.sample), text)) };
    });
    stepper.tell(outcomes, left);
  }
  const done = returned as { readonly result: Result } | null;
  if (done === null) throw new Error('the move did not end');
  return { result: done.result, requests };
}

function outcomeOf(scored: { score: number; reason?: string } | null, output: string): RowOutcome {
  if (scored === null) return { status: 'error', message: 'down' };
  return { status: 'scored', score: scored.score, output, reason: scored.reason ?? '', failed: [] };
}
