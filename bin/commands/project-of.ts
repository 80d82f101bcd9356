import type { Environment } from '#shared/environment.ts';

/** The environment's project is for a machine that serves another one than its file says. */
export function projectOf(config: { readonly project: string }, environment: Pick<Environment, 'project'>): string {
  return environment.project === 'default' ? config.project : environment.project;
}
