import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { Log } from '#shared/log.ts';
import { type RegisteredOptimizer, registerOptimizer } from '../contract/register-optimizer.ts';
import type { PromptOptimizer } from '../contract/stepper.ts';

/** Files that hold optimizers; what one imports may lie in folders beside them. */
const OPTIMIZER_FILE = /^[^.].*\.(?:ts|mts|js|mjs)$/;

const optimizerSchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected a name of lower case letters, digits and hyphens'),
  version: z.int().nonnegative(),
  options: z.custom<z.ZodType>(
    (value) => typeof value === 'object' && value !== null && 'safeParse' in value,
    'expected a zod schema',
  ),
  search: z.custom<PromptOptimizer<unknown>['search']>((value) => typeof value === 'function', 'expected a generator'),
  taskCallsMin: z.custom<PromptOptimizer<unknown>['taskCallsMin']>(
    (value) => typeof value === 'function',
    'expected a function',
  ),
});

/**
 * All prompt optimizers by name: ours, and one of each file in a folder of the operator's. A file that cannot be loaded,
 * or takes a name that is taken, is left out and logged. It is the operator's own code and runs in this process.
 *
 * @param folder need not exist
 */
export async function openOptimizers(
  deps: { readonly log: Pick<Log, 'error' | 'info'> },
  ours: readonly RegisteredOptimizer[],
  folder: string,
): Promise<ReadonlyMap<string, RegisteredOptimizer>> {
  const byName = new Map(ours.map((optimizer) => [optimizer.name, optimizer]));
  for (const name of await filesIn(folder)) {
    const path = join(folder, name);
    try {
      const optimizer = await loadOptimizer(path);
      if (byName.has(optimizer.name)) throw new Error(`there is an optimizer ${optimizer.name} already`);
      byName.set(optimizer.name, optimizer);
      deps.log.info({ path, optimizer: optimizer.name }, 'optimizer file loaded');
    } catch (error) {
      deps.log.error(
        { path, reason: error instanceof Error ? error.message : String(error) },
        'optimizer file left out',
      );
    }
  }
  return byName;
}

/** @throws Error naming what is wrong with the file */
async function loadOptimizer(path: string): Promise<RegisteredOptimizer> {
  const module: unknown = await import(pathToFileURL(path).href);
  const exported = typeof module === 'object' && module !== null ? Object.values(module) : [];
  const [found, ...more] = exported.flatMap((value: unknown) => optimizerSchema.safeParse(value).data ?? []);
  if (found === undefined) {
    const parsed = optimizerSchema.safeParse(exported[0]);
    throw new Error(`it exports no optimizer: ${parsed.success ? 'nothing' : z.prettifyError(parsed.error)}`);
  }
  if (more.length > 0) throw new Error('it exports several optimizers; one file is one optimizer');
  return registerOptimizer(found);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && OPTIMIZER_FILE.test(entry.name) && !entry.name.includes('.test.'))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
