import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigWatch, watchConfigFile } from './watch-config-file.ts';

const LOOK_MS = 20;
let folder: string;
let path: string;
let watch: ConfigWatch | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-watch-'));
  path = join(folder, 'trimtab.yaml');
});
afterEach(() => {
  watch?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the watch over a configuration file', () => {
  it('tells of each text once, also when an editor puts another file in its place', async () => {
    writeFileSync(path, 'project: a');
    let heard = Promise.withResolvers<void>();
    let count = 0;
    watch = watchConfigFile(
      path,
      async () => {
        count += 1;
        heard.resolve();
      },
      { lookMs: LOOK_MS },
    );
    writeFileSync(path, 'project: bb');
    await heard.promise;
    heard = Promise.withResolvers();
    // The same text in another file is no change; the next one is.
    writeFileSync(`${path}.new`, 'project: bb');
    renameSync(`${path}.new`, path);
    writeFileSync(`${path}.new`, 'project: ccc');
    renameSync(`${path}.new`, path);
    await heard.promise;
    expect(count).toBe(2);
  });
});
