import { contentHash } from '#shared/content-hash.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createCandidateBook } from './candidate-book.ts';
import { createRandomStream, type RandomStream } from './random-stream.ts';
import type { BudgetLeft } from './requests.ts';
import { createSearchContext } from './search-context.ts';
import type { PromptOptimizer, Stepper, StepperState } from './stepper.ts';
import type { PromptTask } from './task.ts';

/** What a search starts from; a resumed one must be given the same. */
export interface StepperSetup<Options> {
  readonly task: PromptTask;
  readonly options: Options;
  /** Every number counts, 0 included. */
  readonly seed: number;
  readonly left: BudgetLeft;
}

/** A stepper at its beginning. */
export function createStepper<Options>(
  optimizer: PromptOptimizer<Options>,
  { task, options, seed, left: start }: StepperSetup<Options>,
): Stepper {
  const streams = new Map<string, RandomStream>();
  const told: StepperState['told'][number][] = [];
  let left = start;
  const book = createCandidateBook(task);
  const random = (purpose: string) => {
    const stream = streams.get(purpose) ?? createRandomStream(seed, `${optimizer.name}/${purpose}`);
    streams.set(purpose, stream);
    return stream;
  };
  const context = createSearchContext({ task, options, book, random, left: () => left });
  const steps = optimizer.search(context);
  let pending = steps.next();
  const setup = setupHash(optimizer, { task, options, seed, left: start });
  return {
    book,
    ask: () => (pending.done === true ? [] : pending.value),
    tell(outcomes, nowLeft) {
      if (pending.done === true) return;
      told.push({ outcomes, left: nowLeft });
      left = nowLeft;
      pending = steps.next(outcomes);
    },
    serialize: () => ({
      schema: 1,
      optimizer: optimizer.name,
      setup,
      told: [...told],
      streams: Object.fromEntries([...streams].map(([purpose, stream]) => [purpose, stream.state()])),
    }),
  };
}

/**
 * A stepper where another one stood. It is told again what that one was told, which asks nobody anything; the streams
 * must then stand where they stood, or code or setup have changed and the search cannot go on as itself.
 *
 * @throws TrimtabError `conflict` for a state of another search or of another version of the optimizer
 */
export function restoreStepper<Options>(
  optimizer: PromptOptimizer<Options>,
  setup: StepperSetup<Options>,
  state: StepperState,
): Stepper {
  const stepper = createStepper(optimizer, setup);
  const fresh = stepper.serialize();
  if (state.optimizer !== fresh.optimizer || state.setup !== fresh.setup) {
    throw new TrimtabError(
      'conflict',
      'the stored state belongs to another search: task, options, seed or version differ',
    );
  }
  for (const { outcomes, left } of state.told) stepper.tell(outcomes, left);
  if (JSON.stringify(stepper.serialize().streams) !== JSON.stringify(state.streams)) {
    throw new TrimtabError('conflict', 'the stored state was made by another version of the optimizer');
  }
  return stepper;
}

function setupHash<Options>(optimizer: PromptOptimizer<Options>, setup: StepperSetup<Options>): string {
  const { refusal: _refusal, ...task } = setup.task satisfies PromptTask;
  const { options, seed, left } = setup;
  return contentHash({ optimizer: optimizer.name, version: optimizer.version, task, options, seed, left });
}
