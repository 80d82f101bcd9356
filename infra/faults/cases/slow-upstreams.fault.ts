import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply } from '#shared/testing/fake-reply.ts';
import { createFaultProxy } from '#shared/testing/fault-proxy.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { type Asked, ask, endsInError } from '../testing/ask.ts';
import { createBlackHole } from '../testing/black-hole.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type Backend, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';
import { upstreamConfig } from '../testing/upstream-config.ts';

const SEED = seedOfRun();
const LIMIT_S = 8;
const TOTAL_S = 16;
/** How far from its limit a wait may end, as a share of it. */
const OFF_MAX = 0.1;
const TRICKLES = 40;
const GREW_MB_MAX = 50;
const FINE = 'fine, thank you, and how are you today?';
const SILENT_AFTER = 4;

interface SlowSystem {
  readonly target: FaultSystem;
  readonly good: FakeProvider;
  stop(): Promise<void>;
}

describe.each(BACKENDS)('upstreams that keep their clients waiting, with the queues on %s,', (backend) => {
  let system: SlowSystem;

  beforeAll(async () => {
    system = await openSlowSystem(backend);
  });
  afterAll(async () => {
    await system?.stop();
  });

  it('are given up on in time, and another one is asked only before the first byte went out', (context) =>
    waitForUpstreams(system, context));
});

async function openSlowSystem(backend: Backend): Promise<SlowSystem> {
  const start = (reply: FakeReply) => createFakeProvider({ format: 'openai-chat', script: () => reply });
  const good = await start({ type: 'message', text: FINE });
  const silent = await start({ type: 'message', text: FINE, silentAfterEvents: SILENT_AFTER });
  const slowly = { text: 'slowly '.repeat(500), pieceCharacters: 1, pieceDelayMs: 1_000 };
  const trickling = await start({ type: 'message', ...slowly });
  const hole = await createBlackHole();
  const mute = await createFaultProxy(
    { port: Number(new URL(good.origin).port) },
    { random: createSeededRandom(SEED).uniform },
  );
  mute.set({ isSilent: true });
  const at = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}/v1` });
  const places = { hole: at(hole.port), mute: at(mute.port), silent, trickling, good };
  const limits = { connectTimeout: LIMIT_S, firstByteTimeout: LIMIT_S, idleTimeout: LIMIT_S, totalTimeout: TOTAL_S };
  const plan = {
    ...{ 'claude-hole': ['hole', 'good'], 'claude-mute': ['mute', 'good'] },
    ...{ 'claude-silent': ['silent', 'good'], 'claude-trickling': ['trickling', 'good'] },
    ...{ 'claude-nobody': ['hole'], 'claude-nothing': ['mute'] },
  };
  const target = await startFaultSystem({
    ...{ backend, seed: SEED },
    config: {
      ...upstreamConfig(places, plan),
      gateway: Object.fromEntries(Object.entries(limits).map(([name, seconds]) => [name, `${seconds}s`])),
    },
  });
  return {
    ...{ target, good },
    async stop() {
      await target.stop();
      await mute.close();
      hole.close();
      await Promise.all([good, silent, trickling].map((provider) => provider.close()));
    },
  };
}

async function waitForUpstreams({ target, good }: SlowSystem, context: TestContext): Promise<void> {
  const askFor = (name: string, isStreamed = true) => ask(target, name, { model: `claude-${name}`, isStreamed });
  const both = (...names: readonly string[]) => {
    return Promise.all(names.flatMap((name) => [askFor(name), askFor(name, false)]));
  };
  const pending = [both('hole', 'mute'), both('nobody', 'nothing'), Promise.all([askFor('silent')])] as const;
  const trickling = Promise.all(Array.from({ length: TRICKLES }, () => askFor('trickling')));
  await delay((LIMIT_S * 1_000) / 2);
  const rssBefore = target.rssMb('gateway');
  const [fellBack, alone, silent] = await Promise.all(pending);
  const trickled = await trickling;
  const grewMb = target.rssMb('gateway') - rssBefore;
  const asked = [...fellBack, ...alone, ...silent, ...trickled];
  const calls = asked.map(({ call }) => call);
  const violations = await auditSystem(target, calls, { expected: ['error'] });
  const offs = await offLimits(target, asked);
  recordFault(context, {
    ...{ row: 'upstream-slow', backend: target.backend, seed: SEED },
    figures: [
      ...lossFigures(violations, asked.length),
      ...Object.entries(offs).map(([outcome, shares]) => {
        return { id: `${outcome}_off`, value: Math.max(...shares), op: '<=', bar: OFF_MAX, n: shares.length } as const;
      }),
      { id: 'rss_growth_mb', value: Math.round(grewMb), op: '<=', bar: GREW_MB_MAX, n: TRICKLES },
    ],
  });
  expect(fellBack.filter(({ text }) => !text.includes('fine, than'))).toEqual([]);
  expect(alone.filter(({ text }) => !text.includes('"type":"error"'))).toEqual([]);
  expect(silent[0]?.text).toContain('content_block_delta');
  expect([...silent, ...trickled].filter((each) => !endsInError(each))).toEqual([]);
  expect(good.requests.length).toBe(fellBack.length);
  expect(Object.keys(offs).sort()).toEqual(['connect_error', 'first_byte_timeout', 'idle_timeout', 'total_timeout']);
  expect(violations).toEqual([]);
}

/** How far from its limit each attempt ended that was given up, as a share of it, by how it ended. */
async function offLimits(
  { system }: FaultSystem,
  asked: readonly Asked[],
): Promise<Readonly<Record<string, readonly number[]>>> {
  const ids = asked.flatMap(({ call }) => call.callId ?? []);
  const rows = await system.database.selectFrom('call').select('attempts').where('callId', 'in', ids).execute();
  const attempts = rows.flatMap((row) => row.attempts as { outcome: string; durationMs: number }[]);
  const offs: Record<string, number[]> = {};
  for (const { outcome, durationMs } of attempts) {
    if (outcome === 'ok') continue;
    const limitMs = (outcome === 'total_timeout' ? TOTAL_S : LIMIT_S) * 1_000;
    offs[outcome] = [...(offs[outcome] ?? []), Math.abs(durationMs - limitMs) / limitMs];
  }
  return offs;
}
