import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '#shared/free-port.ts';

export interface Gateways {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../../services/gateway/main.ts', import.meta.url));
const READY_DEADLINE_MS = 60_000;
const LOOK_MS = 100;

/** Gateways as they are run in production: processes of their own on one database, without supervisor or optimizer. */
export async function startGateways(
  count: number,
  place: { readonly directory: string; readonly databaseUrl: string; readonly config: unknown },
): Promise<Gateways> {
  const configPath = join(place.directory, 'trimtab.yaml');
  writeFileSync(configPath, JSON.stringify(place.config));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(ended));
  };
  try {
    const urls = [];
    for (let index = 0; index < count; index += 1) {
      const port = await freePort('127.0.0.1');
      const dataDir = join(place.directory, `gateway-${index}`);
      mkdirSync(dataDir, { recursive: true });
      children.push(
        spawn(process.execPath, [MAIN], {
          env: {
            PATH: process.env['PATH'],
            ...{ DATABASE_URL: place.databaseUrl, TRIMTAB_CONFIG: configPath, TRIMTAB_DATA_DIR: dataDir },
            ...{ TRIMTAB_GATEWAY_PORT: String(port), LOG_LEVEL: 'error' },
            NODE_COMPILE_CACHE: join(place.directory, 'compile-cache'),
          },
          stdio: ['ignore', 'inherit', 'inherit'],
        }),
      );
      urls.push(`http://127.0.0.1:${port}`);
    }
    await Promise.all(urls.map(untilReady));
    return { urls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    if (performance.now() > deadline) throw new Error(`${url} did not become ready`);
    await delay(LOOK_MS);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
