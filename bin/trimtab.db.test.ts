import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('./trimtab.mjs', import.meta.url));
const run = promisify(execFile);

/** A Node of the machine that cannot run TypeScript, where there is one; it is the reason for the launcher. */
function findOldNode(): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return candidates.filter(existsSync).find((node) => {
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout;
    return Number(/^v(\d+)/.exec(version)?.[1] ?? 24) < 24;
  });
}
const oldNode = findOldNode();

describe('bin/trimtab.mjs', () => {
  it('runs the command line and passes its exit code on', async () => {
    expect((await run(process.execPath, [LAUNCHER, '--help'])).stdout).toContain('Usage: trimtab');
    await expect(run(process.execPath, [LAUNCHER, 'no-such-command'])).rejects.toMatchObject({ code: 1 });
  });

  it.runIf(oldNode)('does the same when an old Node starts it', async () => {
    expect((await run(oldNode ?? '', [LAUNCHER, '--help'])).stdout).toContain('Usage: trimtab');
    await expect(run(oldNode ?? '', [LAUNCHER, 'no-such-command'])).rejects.toMatchObject({ code: 1 });
  });

  it('survives a reader that closes early, as `head` does', async () => {
    const child = spawn(process.execPath, [LAUNCHER, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let complaints = '';
    child.stderr.on('data', (chunk) => {
      complaints += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  });
});
