import * as z from 'zod';
import { TrimtabError } from '#shared/errors.ts';
import type { PromptOptimizer } from './stepper.ts';

/** A prompt optimizer as a list holds it, whose options are its own affair. */
export interface RegisteredOptimizer {
  readonly name: string;
  /**
   * The optimizer with checked options, defaults filled in.
   *
   * @throws TrimtabError `invalid_request` for options that it does not know
   */
  bind(options: unknown): { readonly optimizer: PromptOptimizer<unknown>; readonly options: unknown };
}

export function registerOptimizer<Options>(optimizer: PromptOptimizer<Options>): RegisteredOptimizer {
  return {
    name: optimizer.name,
    bind(given) {
      const parsed = optimizer.options.safeParse(given);
      if (!parsed.success) {
        throw new TrimtabError('invalid_request', `${optimizer.name}: ${z.prettifyError(parsed.error)}`);
      }
      const options = parsed.data;
      return {
        options,
        optimizer: {
          name: optimizer.name,
          version: optimizer.version,
          options: z.unknown(),
          search: (context) => optimizer.search({ ...context, options }),
          taskCallsMin: (task) => optimizer.taskCallsMin(task, options),
        },
      };
    },
  };
}
