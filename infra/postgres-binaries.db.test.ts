import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeSymlinks } from './postgres-binaries.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

describe('completeSymlinks', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    temporary = temporaryFolder();
    mkdirSync(join(temporary.path, 'native', 'lib'), { recursive: true });
    writeFileSync(join(temporary.path, 'native', 'lib', 'libpq.so.5.18'), 'library');
  });
  afterEach(() => temporary.remove());

  function list(target: string): void {
    const links = [{ source: 'native/lib/libpq.so.5.18', target }];
    writeFileSync(join(temporary.path, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  }

  it('makes the links that a skipped post-install left out, relative, so that the folder can be moved', () => {
    list('native/lib/libpq.so.5');
    completeSymlinks(temporary.path);
    completeSymlinks(temporary.path);
    const link = join(temporary.path, 'native', 'lib', 'libpq.so.5');
    expect(readFileSync(link, 'utf8')).toBe('library');
    expect(readlinkSync(link)).toBe('libpq.so.5.18');
  });

  it('says `npm rebuild` when a link cannot be made', () => {
    list('native/missing/libpq.so.5');
    expect(() => completeSymlinks(temporary.path)).toThrow(/npm rebuild/);
  });
});
