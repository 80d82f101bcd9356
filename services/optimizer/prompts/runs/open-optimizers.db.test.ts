import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROMPT_OPTIMIZERS } from '../registry.ts';
import { openOptimizers } from './open-optimizers.ts';

const EXAMPLES = fileURLToPath(new URL('../../../../examples/optimizers.d', import.meta.url));
/** The least that is one; its options are a schema by their one method. */
const LEAST = `export default {
  name: 'NAME', version: 1, options: { safeParse: (data) => ({ success: true, data }) },
  taskCallsMin: () => 1, *search() {},
};`;

let folder: string;
let logged: { readonly level: 'info' | 'error'; readonly facts: Record<string, unknown> }[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-optimizers-'));
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(from = folder) {
  const log = {
    info: (facts: unknown) => void logged.push({ level: 'info', facts: facts as Record<string, unknown> }),
    error: (facts: unknown) => void logged.push({ level: 'error', facts: facts as Record<string, unknown> }),
  };
  return openOptimizers({ log: log as never }, PROMPT_OPTIMIZERS, from);
}

describe("optimizers of the operator's own", () => {
  it('are one file each, and stand beside ours', async () => {
    const optimizers = await open(EXAMPLES);
    expect([...optimizers.keys()]).toEqual([...PROMPT_OPTIMIZERS.map((each) => each.name), 'one-line-more']);
    const bound = optimizers.get('one-line-more')?.bind({ rounds: 2 });
    expect(bound).toMatchObject({ options: { rounds: 2, rowsShown: 4 }, optimizer: { name: 'one-line-more' } });
    expect(() => optimizers.get('one-line-more')?.bind({ wonders: 1 })).toThrow(/wonders/);
    expect(logged).toMatchObject([{ level: 'info', facts: { optimizer: 'one-line-more' } }]);
  });

  it.each([
    ['a file that is no optimizer', 'export const answer = 42;', /exports no optimizer/],
    ['a file that cannot be read', 'export const = ;', /./],
    ['a name that is taken', LEAST.replace('NAME', 'gepa'), /there is an optimizer gepa already/],
  ])('are left out and logged, and ours stay: %s', async (_name, text, reason) => {
    await writeFile(join(folder, 'broken.mjs'), text);
    await writeFile(join(folder, 'whole.mjs'), LEAST.replace('NAME', 'own'));
    const optimizers = await open();
    expect(optimizers.size).toBe(PROMPT_OPTIMIZERS.length + 1);
    expect(optimizers.has('own')).toBe(true);
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        facts: expect.objectContaining({ reason: expect.stringMatching(reason) }),
      }),
    );
  });

  it('need no folder', async () => {
    await rm(folder, { recursive: true });
    expect((await open()).size).toBe(PROMPT_OPTIMIZERS.length);
  });
});
