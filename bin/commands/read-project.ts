import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { loadConfig } from '#shared/config/load-config.ts';
import { readYaml } from '#shared/config/read-yaml.ts';
import type { Environment } from '#shared/environment.ts';

const fileSchema = z.looseObject({ project: z.string().min(1).default('default') });

/**
 * The project that commands are about. Of the file only this one setting is read: a file that is being edited must not
 * keep anybody from pausing, or from rolling back.
 */
export async function readProject(
  environment: Pick<Environment, 'project' | 'configPath' | 'variables'>,
): Promise<string> {
  const { configPath, project } = environment;
  if (project !== 'default' || !existsSync(configPath)) return project;
  const yaml = readYaml(await readFile(configPath, 'utf8'));
  const file = 'value' in yaml ? fileSchema.safeParse(yaml.value).data : undefined;
  return (file ?? (await loadConfig(configPath, environment.variables))).project;
}
