import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reachableBinaries } from './postgres-location.ts';
import { resolvePostgresUser } from './postgres-user.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const isRoot = process.getuid?.() === 0;

describe('reachableBinaries', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  let folder: string;
  let fallbackRoot: string;

  beforeEach(() => {
    temporary = temporaryFolder();
    folder = join(temporary.path, 'home', 'native');
    fallbackRoot = join(temporary.path, 'fallback');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin', 'postgres'), '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    chmodSync(join(folder, 'bin', 'postgres'), 0o755);
  });
  afterEach(() => temporary.remove());

  it('uses the programs where npm put them when they run there', () => {
    expect(reachableBinaries({ folder, version: '18.4' }, fallbackRoot, resolvePostgresUser(undefined))).toBe(folder);
  });

  it.runIf(isRoot)('as root, copies them out of a folder that PostgreSQL’s user cannot enter, once', () => {
    chmodSync(join(temporary.path, 'home'), 0o700);
    const user = resolvePostgresUser(undefined);
    const copy = reachableBinaries({ folder, version: '18.4' }, fallbackRoot, user);
    expect(copy).toBe(join(fallbackRoot, 'postgresql-18.4'));
    const { ino } = statSync(copy);
    expect(reachableBinaries({ folder, version: '18.4' }, fallbackRoot, user)).toBe(copy);
    expect(statSync(copy).ino).toBe(ino);
  });

  it('says what to do when they do not run at all', () => {
    writeFileSync(join(folder, 'bin', 'postgres'), '#!/bin/sh\nexit 127\n');
    const find = () => reachableBinaries({ folder, version: '18.4' }, fallbackRoot, resolvePostgresUser(undefined));
    expect(find).toThrow(/npm rebuild/);
  });
});
