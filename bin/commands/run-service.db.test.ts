import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#shared/free-port.ts';
import { eventually } from '../../infra/testing/eventually.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

const LAUNCHER = fileURLToPath(new URL('../trimtab.mjs', import.meta.url));
let fixture: CommandFixture;
const children: ChildProcess[] = [];
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => fixture.close());

function start(name: string, variables: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [LAUNCHER, name], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: fixture.connectionString,
      TRIMTAB_CONFIG: fixture.configPath,
      TRIMTAB_DATA_DIR: fixture.folder,
      LOG_LEVEL: 'error',
      ...variables,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { child, exited: once(child, 'exit'), stderr: () => stderr };
}

/** A gateway that is ready, beside the process that the command line starts for it. */
async function startGateway() {
  const port = String(await freePort());
  const folder = mkdtempSync(join(fixture.folder, 'gateway-'));
  const running = start('gateway', { TRIMTAB_GATEWAY_PORT: port, TRIMTAB_DATA_DIR: folder });
  await ready('gateway', port, running);
  const { pid } = running.child;
  return { ...running, gatewayPid: Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) };
}

async function ready(name: string, port: string, { child, stderr }: ReturnType<typeof start>): Promise<void> {
  await eventually(`${name} is ready`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${stderr()}`);
    return (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok;
  });
}

describe('one service alone', () => {
  it.each(['gateway', 'evaluator', 'optimizer'])('%s runs in the foreground until it is told to stop', async (name) => {
    const port = String(await freePort());
    const running = start(name, { [`TRIMTAB_${name.toUpperCase()}_PORT`]: port });
    await ready(name, port, running);
    running.child.kill('SIGTERM');
    expect(await running.exited).toEqual([0, null]);
  });

  it.runIf(process.platform === 'linux')(
    'runs the gateway with the options of Node it needs, and takes it along',
    async () => {
      const started = await Promise.all([startGateway(), startGateway()]);
      for (const { gatewayPid } of started) {
        expect(readFileSync(`/proc/${gatewayPid}/cmdline`, 'utf8')).toContain('--min-semi-space-size=8');
        expect(readFileSync(`/proc/${gatewayPid}/environ`, 'utf8')).toContain('MALLOC_ARENA_MAX=1');
      }
      const [interrupted, killed] = started;
      interrupted?.child.kill('SIGINT');
      expect(await interrupted?.exited).toEqual([0, null]);
      killed?.child.kill('SIGKILL');
      await eventually('the gateway of the killed command is gone', () => !existsSync(`/proc/${killed?.gatewayPid}`));
    },
  );

  it('ends with one clear error when it cannot start', async () => {
    const { exited, stderr } = start('gateway', { TRIMTAB_CONFIG: '/nowhere/trimtab.yaml' });
    expect(await exited).toEqual([1, null]);
    expect(stderr()).toContain('trimtab: cannot read the configuration file /nowhere/trimtab.yaml');
  });
});
