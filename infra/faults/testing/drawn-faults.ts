import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkFaults } from '#shared/testing/fault-proxy.ts';
import type { FaultSystem } from './fault-system.ts';
import { killService } from './kill-service.ts';
import { epochNow, tryMove } from './policy-moves.ts';
import { setStores } from './set-stores.ts';

/** One fault of a soak: it begins, lasts, and is healed when its promise resolves. */
export interface DrawnFault {
  readonly name: string;
  /** Takes a process away, and with it what is known of its memory. */
  readonly kills: boolean;
  strike(target: FaultSystem, draw: Draw): Promise<void>;
}

export interface Draw {
  /** How long this one lasts. */
  readonly forMs: number;
  readonly policies: readonly [string, string];
  /** Told of each kill of a gateway, on the clock of `performance.now()`. */
  readonly onGatewayKilled: (atMs: number) => void;
}

export const DRAWN_FAULTS: readonly DrawnFault[] = [
  onDatabase('PostgreSQL away', { isRefusing: true }, true),
  onDatabase('PostgreSQL silent', { isSilent: true }, false),
  onDatabase('PostgreSQL slow', { latencyMs: 30, jitterMs: 50, sliceBytes: 1_000 }, false),
  onQueue('Redis away', { isRefusing: true }),
  onQueue('Redis silent', { isSilent: true }),
  gentle('both stores away', async (target, { forMs }) => {
    setStores(target, false);
    await delay(forMs);
    setStores(target, true);
  }),
  gentle('Redis killed', async ({ redis }, { forMs }) => {
    await redis?.server.kill();
    await delay(forMs / 4);
    await redis?.server.start();
  }),
  gentle('evaluator frozen', (target, draw) => freeze(target, 'evaluator', draw)),
  gentle('optimizer frozen', (target, draw) => freeze(target, 'optimizer', draw)),
  gentle('policy moved', async ({ system }, { policies }) => {
    const expectedEpoch = await epochNow(system.database);
    const policyId = policies[expectedEpoch % 2] ?? policies[0];
    await tryMove(system.database, { policyId, expectedEpoch, actor: 'human:test' });
  }),
  killing('gateway killed', async (target, { onGatewayKilled }) => {
    onGatewayKilled(await killService(target, 'gateway'));
  }),
  killing('evaluator killed', async (target) => void (await killService(target, 'evaluator'))),
  killing('optimizer killed', async (target) => void (await killService(target, 'optimizer'))),
];

type Strike = DrawnFault['strike'];

function gentle(name: string, strike: Strike): DrawnFault {
  return { name, kills: false, strike };
}

function killing(name: string, strike: Strike): DrawnFault {
  return { name, kills: true, strike };
}

function onDatabase(name: string, faults: NetworkFaults, resets: boolean): DrawnFault {
  return gentle(name, async ({ databaseProxy }, { forMs }) => {
    databaseProxy.set(faults);
    if (resets) databaseProxy.resetAll();
    await delay(forMs);
    databaseProxy.set({});
  });
}

function onQueue(name: string, faults: NetworkFaults): DrawnFault {
  return gentle(name, async ({ redis }, { forMs }) => {
    redis?.proxy.set(faults);
    if (faults.isRefusing === true) redis?.proxy.resetAll();
    await delay(forMs);
    redis?.proxy.set({});
  });
}

async function freeze({ system }: FaultSystem, service: 'evaluator' | 'optimizer', { forMs }: Draw): Promise<void> {
  const pid = system.pidOf(service);
  if (pid === undefined) return;
  process.kill(pid, 'SIGSTOP');
  await delay(forMs);
  process.kill(pid, 'SIGCONT');
}
