import type { Database } from '#shared/database/connect.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import type { AskForSearchDeps } from '../../services/optimizer/ask-for-search.ts';
import { createOptimizerConfig, optimizersFolderOf } from '../../services/optimizer/config.ts';
import { PROMPT_OPTIMIZERS } from '../../services/optimizer/prompts/registry.ts';
import { openOptimizers } from '../../services/optimizer/prompts/runs/open-optimizers.ts';
import type { CommandContext } from './command-context.ts';

/** What planning a search takes, from the configuration file that the optimizer reads as well. */
export async function searchDeps(context: CommandContext, database: Database): Promise<AskForSearchDeps> {
  const config = await context.config();
  if (config === null) {
    throw new TrimtabError('invalid_config', `there is no configuration file at ${context.environment.configPath}`);
  }
  const log = createLog('trimtab', 'fatal');
  const folder = optimizersFolderOf(config, context.environment);
  return {
    database,
    now: context.now,
    optimizers: await openOptimizers({ log }, PROMPT_OPTIMIZERS, folder),
    options: createOptimizerConfig(config),
  };
}
