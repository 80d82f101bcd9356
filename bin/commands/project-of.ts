import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Environment } from '#shared/environment.ts';

/** The environment's project is for a machine that serves another one than its file says. */
export function projectOf(config: TrimtabConfig | null, environment: Pick<Environment, 'project'>): string {
  return environment.project === 'default' && config !== null ? config.project : environment.project;
}
