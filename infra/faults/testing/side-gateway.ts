import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntilReady } from '../../wait-until-ready.ts';
import type { FaultSystem } from './fault-system.ts';

/** A gateway beside those of the system, on its stores. */
export interface SideGateway {
  readonly url: string;
  /** Ends it, and resolves when it is gone; returns when it was told so. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>;
}

export interface SideGatewayPlace {
  /** Where its code is. */
  readonly sourceFolder: string;
  /** Its own; it may be that of one before it. */
  readonly dataDir: string;
  readonly port: number;
}

const READY_MS = 60_000;

export async function startSideGateway({ system }: FaultSystem, place: SideGatewayPlace): Promise<SideGateway> {
  const { sourceFolder, dataDir, port } = place;
  mkdirSync(dataDir, { recursive: true });
  const log = openSync(join(dataDir, 'gateway.log'), 'a');
  const env = { ...system.environment, TRIMTAB_DATA_DIR: dataDir, TRIMTAB_GATEWAY_PORT: String(port) };
  const entry = join(sourceFolder, 'services/gateway/main.ts');
  const child: ChildProcess = spawn(process.execPath, [entry], { env, stdio: ['ignore', log, log, 'ipc'] });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const readiness = await waitUntilReady(url, READY_MS, new AbortController().signal);
  if (readiness.type !== 'ready') {
    child.kill('SIGKILL');
    throw new Error(`the gateway from ${sourceFolder} did not get ready: ${JSON.stringify(readiness)}`);
  }
  return {
    url,
    async end(signal) {
      const atMs = performance.now();
      child.kill(signal);
      await exited;
      return atMs;
    },
  };
}
