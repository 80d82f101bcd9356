import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply } from '#shared/testing/fake-reply.ts';
import { type Asked, ask } from '../testing/ask.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';
import { upstreamConfig } from '../testing/upstream-config.ts';

const SEED = seedOfRun();
const CALLS = 200;
const AT_ONCE = 20;
/** Of the calls to a model so many may be repeated, and ten after a quiet time. */
const REPEATED_SHARE_MAX = 0.1;
const REPEATED_AT_ONCE = 10;
const WAIT_S = 1;
/** Between the first and the last of ten repetitions that were told to wait for the same time at the same moment. */
const SPREAD_MS_MIN = 100;
const FINE: FakeReply = { type: 'message', text: 'fine, thank you, and how are you today?' };

/** What an overloaded upstream says of when to come back: nothing, soon, and things that are not to be believed. */
const WAITS: readonly (readonly [string, () => Record<string, string>])[] = [
  ['soon', () => ({ 'retry-after': String(WAIT_S) })],
  ['unsaid', () => ({})],
  ['dated', () => ({ 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() })],
  ['huge', () => ({ 'retry-after': '99999999999' })],
  ['negative', () => ({ 'retry-after': '-5' })],
  ['words', () => ({ 'retry-after': 'soon' })],
];

describe.each(BACKENDS)('a storm of 429 and 529, with the queues on %s,', (backend) => {
  let target: FaultSystem;
  let calm: FakeProvider;
  let rescue: FakeProvider;
  const stormy = new Map<string, FakeProvider>();
  /** When each request came to the upstream that says `soon`. */
  const arrivedAtMs: number[] = [];

  beforeAll(async () => {
    for (const [name, headers] of WAITS) {
      const script = ({ index }: { readonly index: number }): FakeReply => {
        if (name === 'soon') arrivedAtMs.push(performance.now());
        const body = { error: { message: 'too many', type: 'rate_limit', code: null } };
        return { type: 'http', status: index % 2 === 0 ? 429 : 529, headers: headers(), body };
      };
      stormy.set(name, await createFakeProvider({ format: 'openai-chat', script }));
    }
    calm = await createFakeProvider({ format: 'openai-chat', script: () => FINE });
    rescue = await createFakeProvider({ format: 'openai-chat', script: () => FINE });
    const alone = WAITS.map(([name]) => [`claude-${name}`, [name]] as const);
    target = await startFaultSystem({
      ...{ backend, seed: SEED },
      config: upstreamConfig(
        { ...Object.fromEntries(stormy), calm, rescue },
        { ...Object.fromEntries(alone), 'claude-rescued': ['unsaid', 'rescue'], 'claude-calm': ['calm'] },
      ),
    });
  });
  afterAll(async () => {
    await target?.stop();
    await Promise.all([...stormy.values(), calm, rescue].map((provider) => provider?.close()));
  });

  it('is not made worse, and is felt by nobody else', async (context) => {
    const startedAtMs = performance.now();
    // Its budget is whole: half of these are repeated.
    const asked: Asked[] = [...(await askMany(target, 'claude-soon', AT_ONCE))];
    const repeats = arrivedAtMs.slice(AT_ONCE);
    const early = repeats.filter((atMs) => atMs - startedAtMs < WAIT_S * 1_000).length;
    const spreadMs = Math.max(...repeats) - Math.min(...repeats);
    for (const [name] of WAITS) asked.push(...(await askMany(target, `claude-${name}`, CALLS / WAITS.length)));
    const storm = await askMany(target, 'claude-soon', CALLS);
    const requests = () => [...stormy.values()].reduce((sum, provider) => sum + provider.requests.length, 0);
    const alone = asked.length + storm.length;
    const repeated = requests() - alone;
    const beforeRescue = stormy.get('unsaid')?.requests.length ?? 0;
    const [rescued, unaware] = await Promise.all([
      askMany(target, 'claude-rescued', CALLS),
      askMany(target, 'claude-calm', CALLS),
    ]);
    const avoided = CALLS - ((stormy.get('unsaid')?.requests.length ?? 0) - beforeRescue);
    const all = [...asked, ...storm, ...rescued, ...unaware];
    const violations = await auditSystem(
      target,
      all.map(({ call }) => call),
      { expected: ['error'] },
    );
    const disturbed = [...rescued, ...unaware].filter(({ call }) => call.outcome !== 'ok').length;
    const budget = REPEATED_SHARE_MAX * alone + REPEATED_AT_ONCE * stormy.size;
    recordFault(context, {
      ...{ row: 'rate-limited', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, all.length),
        { id: 'repeated', value: repeated, op: '<=', bar: budget, n: alone },
        { id: 'repeated_too_early', value: early, op: '<=', bar: 0, n: repeats.length },
        { id: 'repeats_spread_ms', value: Math.round(spreadMs), op: '>=', bar: SPREAD_MS_MIN, n: repeats.length },
        { id: 'avoided', value: avoided, op: '>=', bar: 0.9 * CALLS, n: CALLS },
        { id: 'others_disturbed', value: disturbed, op: '<=', bar: 0, n: 2 * CALLS },
      ],
    });
    expect(repeats.length).toBe(REPEATED_AT_ONCE);
    expect(early).toBe(0);
    expect(spreadMs).toBeGreaterThanOrEqual(SPREAD_MS_MIN);
    expect(repeated).toBeLessThanOrEqual(budget);
    expect(
      [...asked, ...storm].filter(({ status, text }) => ![429, 529].includes(status) || !text.includes('too many')),
    ).toEqual([]);
    expect(disturbed).toBe(0);
    expect(avoided).toBeGreaterThanOrEqual(0.9 * CALLS);
    expect(violations).toEqual([]);
  });
});

async function askMany(target: FaultSystem, model: string, count: number): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (let at = 0; at < count; at += AT_ONCE) {
    const size = Math.min(AT_ONCE, Math.ceil(count - at));
    const lot = Array.from({ length: size }, (_, n) =>
      ask(target, `say ${at + n}`, { model, isStreamed: n % 2 === 0 }),
    );
    asked.push(...(await Promise.all(lot)));
  }
  return asked;
}
