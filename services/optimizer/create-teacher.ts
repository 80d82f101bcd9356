import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { OptimizerConfig } from './config.ts';

/** USD per million tokens of a teacher whose price is not known: a dear model's, so that budgets bind sooner. */
const ASSUMED_PRICE = { input: 3, output: 15 };

/** The model that writes candidate prefixes, or null when none is configured. */
export function createTeacher(config: TrimtabConfig, teacher: OptimizerConfig['teacher']): Llm | null {
  if (teacher === null) return null;
  const provider = resolveProvider(teacher.provider, config);
  const known = config.models.find((model) => model.id === teacher.model && model.provider === teacher.provider);
  const fetch = createGuardedFetch(provider.network);
  return createLlm(
    { fetch },
    { provider, model: teacher.model, listed: known, price: teacher.price ?? known?.price ?? ASSUMED_PRICE },
  );
}
