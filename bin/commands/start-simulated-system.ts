import { join } from 'node:path';
import { inspectConfig } from '#shared/config/load-config.ts';
import { createLog } from '#shared/log.ts';
import type { DemoSystem } from '../../infra/demo/run-demo.ts';
import { startSupervisor } from '../../infra/start-supervisor.ts';
import { addToken } from '../../services/optimizer/api/token-file.ts';
import type { CommandContext } from './command-context.ts';
import { prepareSystem } from './prepare-system.ts';

/** Simulated providers take any key. */
const DEMO_KEYS = { DEMO_SWIFT_API_KEY: 'demo', DEMO_GRAND_API_KEY: 'demo', DEMO_JUDGE_API_KEY: 'demo' };

/** The same system that `trimtab up` runs, in a folder of its own and on free ports. */
export async function startSimulatedSystem(
  context: CommandContext,
  place: { readonly dataDir: string; readonly configPath: string },
): Promise<DemoSystem> {
  const variables = { ...context.environment.variables, ...DEMO_KEYS };
  const environment = {
    ...context.environment,
    ...place,
    variables,
    ports: { gateway: 0, optimizer: 0, evaluator: 0 },
  };
  const { config } = await inspectConfig(place.configPath, variables);
  const token = await addToken(place.dataDir, 'demo', 'operator');
  const supervisor = await startSupervisor({
    environment,
    log: createLog('supervisor', 'error'),
    logFolder: join(place.dataDir, 'logs'),
    prepare: async (databaseUrl) => {
      await prepareSystem({ databaseUrl, config, configPath: place.configPath });
    },
  });
  const addressOf = (name: string): string =>
    supervisor.services.find((service) => service.name === name)?.address ?? '';
  return {
    gatewayUrl: addressOf('gateway'),
    controlUrl: addressOf('optimizer'),
    token,
    stop: () => supervisor.stop(),
  };
}
