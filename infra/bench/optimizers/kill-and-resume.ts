import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./search-child.ts', import.meta.url));
const LIVES_MAX = 30;

export interface KilledSearch {
  /** History and result, and the last checkpoint, byte for byte. */
  readonly result: string;
  readonly checkpoint: string;
  readonly kills: number;
}

/**
 * Runs a search in processes that are killed (SIGKILL) after so many calls each, the last list entry for ever; without
 * entries it is never killed.
 */
export async function killAndResume(
  search: { readonly optimizer: string; readonly world: string; readonly budget: number },
  killAfterCalls: readonly number[],
): Promise<KilledSearch> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-search-'));
  try {
    let kills = 0;
    for (let life = 0; !existsSync(join(folder, 'result.json')); life += 1) {
      if (life > LIVES_MAX) throw new Error('the search does not come to its end');
      const killed = await live(folder, search, killAfterCalls[life] ?? Number.POSITIVE_INFINITY);
      if (killed) kills += 1;
    }
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { result: read('result.json'), checkpoint: read('checkpoint.json'), kills };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function live(
  folder: string,
  { optimizer, world, budget }: { readonly optimizer: string; readonly world: string; readonly budget: number },
  killAfter: number,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, folder, optimizer, world, String(budget)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let calls = 0;
    child.stdout.on('data', (dots: Buffer) => {
      calls += dots.length;
      if (calls >= killAfter) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(`the search ended with ${code ?? signal}`));
    });
  });
}
