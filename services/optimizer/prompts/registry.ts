import { bayesian } from './bayesian/bayesian.ts';
import { type RegisteredOptimizer, registerOptimizer } from './contract/register-optimizer.ts';
import { gepa } from './gepa/gepa.ts';
import { metaPrompt } from './meta-prompt/meta-prompt.ts';
import { promptWizard } from './prompt-wizard/prompt-wizard.ts';
import { protegi } from './protegi/protegi.ts';
import { randomSearch } from './random-search/random-search.ts';

/** Every prompt optimizer of Trimtab. A new one is one file and one line here. */
export const PROMPT_OPTIMIZERS: readonly RegisteredOptimizer[] = [
  registerOptimizer(randomSearch),
  registerOptimizer(bayesian),
  registerOptimizer(metaPrompt),
  registerOptimizer(protegi),
  registerOptimizer(gepa),
  registerOptimizer(promptWizard),
];
