import { type RegisteredOptimizer, registerOptimizer } from './contract/register-optimizer.ts';
import { randomSearch } from './random-search/random-search.ts';

/** Every prompt optimizer of Trimtab. A new one is one file and one line here. */
export const PROMPT_OPTIMIZERS: readonly RegisteredOptimizer[] = [registerOptimizer(randomSearch)];
