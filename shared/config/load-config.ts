import { readFile } from 'node:fs/promises';
import { TrimtabError } from '../errors.ts';
import { checkReferences } from './check-references.ts';
import { type ConfigProblem, describeProblems } from './config-problem.ts';
import { configSchema, type TrimtabConfig } from './config-schema.ts';
import { readYaml } from './read-yaml.ts';
import { type ResolvedSecrets, resolveSecrets } from './resolve-secrets.ts';

export interface LoadedConfig {
  readonly config: TrimtabConfig;
  /** Environment variables that the file names and that are not set, by the provider that wants them. */
  readonly missingSecrets: readonly { readonly provider: string; readonly variable: string }[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the text of a configuration file. Secrets come from `environment`; one that is missing is not an error,
 * because a provider that cannot be used yet must not stop the others. `TRIMTAB_PROJECT` goes before the file's project.
 */
export function parseConfig(text: string, environment: Environment): LoadedConfig | readonly ConfigProblem[] {
  const yaml = readYaml(text);
  if (!('value' in yaml)) return yaml.problems;
  const resolved = resolveSecrets(yaml.value, environment, yaml.lineOf);
  if (resolved.problems.length > 0) return resolved.problems;
  const parsed = configSchema.safeParse(resolved.value);
  if (!parsed.success) return describeProblems(parsed.error, yaml.lineOf).map(namingVariable(resolved.missing));
  const problems = checkReferences(parsed.data, yaml.lineOf);
  if (problems.length > 0) return problems;
  const project = environment['TRIMTAB_PROJECT'] || parsed.data.project;
  return {
    config: { ...parsed.data, project },
    missingSecrets: resolved.missing.map(({ provider, variable }) => ({ provider, variable })),
  };
}

/** What stands in the file and is not in the environment is not missing from the file: the variable is what to set. */
function namingVariable(missing: ResolvedSecrets['missing']) {
  return (problem: ConfigProblem): ConfigProblem => {
    const variable = missing.find(({ path }) => path === problem.path)?.variable;
    return variable === undefined ? problem : { ...problem, message: `${problem.message}; ${variable} is not set` };
  };
}

/**
 * Reads and validates a configuration file.
 *
 * @throws TrimtabError `invalid_config` with one line per problem: where it is, what is wrong, what to write instead
 */
export async function inspectConfig(path: string, environment: Environment): Promise<LoadedConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new TrimtabError(
      'invalid_config',
      `cannot read the configuration file ${path}; run \`trimtab up\` once to have a commented sample written there, or set TRIMTAB_CONFIG`,
      { cause },
    );
  }
  const result = parseConfig(text, environment);
  if ('config' in result) return result;
  const lines = result.map((problem) => `  ${path}:${problem.line ?? 1}: ${problem.path} ${problem.message}`);
  throw new TrimtabError('invalid_config', `the configuration has ${result.length} problem(s):\n${lines.join('\n')}`, {
    details: { problems: result },
  });
}

/** The configuration alone, for the services. */
export async function loadConfig(path: string, environment: Environment): Promise<TrimtabConfig> {
  return (await inspectConfig(path, environment)).config;
}
