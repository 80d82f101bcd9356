import { inspectConfig } from '#shared/config/load-config.ts';
import type { Environment } from '#shared/environment.ts';
import { attempt, type Check, passed, skipped } from './check.ts';

/** The configuration file, and the keys that it names. */
export async function checkConfig(
  environment: Pick<Environment, 'configPath' | 'variables'>,
): Promise<readonly Check[]> {
  const { configPath, variables } = environment;
  const checks: Check[] = [];
  const file = await attempt('configuration', 'correct the file; `trimtab config check` names each line', async () => {
    const { config, missingSecrets } = await inspectConfig(configPath, variables);
    checks.push(
      missingSecrets.length === 0
        ? passed('provider keys', 'every key that the file names is set here')
        : {
            // Not a failure: one provider that cannot be used yet does not stop the others.
            ...skipped(
              'provider keys',
              missingSecrets.map(({ provider, variable }) => `${variable} (${provider}) is not set here`).join('; '),
            ),
            fix: 'export them where the services start, or take the providers out of the file',
          },
    );
    return passed('configuration', `${configPath}: ${config.models.length} models, ${config.routes.length} routes`);
  });
  return [file, ...checks];
}
