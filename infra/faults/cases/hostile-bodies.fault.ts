import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientCall } from '../../testing/load.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem, runUnderLoad } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const MANY = 10_000;
const LARGE_BYTES = 20 * 1_024 * 1_024;
const DEPTH = 5_000;

const text = (content: unknown) => ({
  model: 'claude-sonnet-5',
  max_tokens: 50,
  messages: [{ role: 'user', content }],
});
const tool = (name: string) => ({ name, description: 'a tool', input_schema: { type: 'object', properties: {} } });

/** Bodies as they go over the wire: escapes of JSON carry what no text column takes. */
const BODIES: readonly (readonly [string, () => string])[] = [
  ['NUL characters', () => JSON.stringify(text('before \u0000 after'))],
  ['lone surrogates', () => JSON.stringify(text('AND')).replace('AND', '\\ud800 x \\udc00')],
  ['20 MB of text', () => JSON.stringify(text('x'.repeat(LARGE_BYTES)))],
  [
    '10,000 tools',
    () => JSON.stringify({ ...text('hello'), tools: Array.from({ length: MANY }, (_, n) => tool(`tool_${n}`)) }),
  ],
  [
    '10,000 messages',
    () => {
      const messages = Array.from({ length: MANY }, (_, n) => ({
        role: n % 2 === 0 ? 'user' : 'assistant',
        content: `m${n}`,
      }));
      return JSON.stringify({ ...text('hello'), messages: [...messages, { role: 'user', content: 'end' }] });
    },
  ],
  ['deep nesting', () => JSON.stringify(text('NEST')).replace('"NEST"', `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`)],
];

describe.each(BACKENDS)('hostile bodies, with the queues on %s,', (backend) => {
  let target: FaultSystem;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
  });
  afterAll(async () => {
    await target?.stop();
  });

  it('are taken or refused in words, and their neighbours are stored', async (context) => {
    const answers: { readonly what: string; readonly status: number; readonly answer: string }[] = [];
    const hostile: ClientCall[] = [];
    const run = await runUnderLoad(target, async () => {
      for (const [what, body] of BODIES) {
        const startedAtMs = performance.now();
        const response = await post(target, body());
        const answer = await response.text();
        answers.push({ what, status: response.status, answer: answer.slice(0, 200) });
        process.stdout.write(`  ${what}: ${response.status} after ${Math.round(performance.now() - startedAtMs)} ms\n`);
        const callId = response.headers.get('x-trimtab-call-id');
        if (callId !== null)
          hostile.push({ outcome: response.ok ? 'ok' : 'error', callId, startedAtMs, endedAtMs: performance.now() });
      }
    });
    const calls = [...run.calls, ...hostile.filter(({ outcome }) => outcome === 'ok')];
    const violations = await auditSystem(target, calls, { run });
    recordFault(context, {
      ...{ row: 'hostile-bodies', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, calls.length),
        {
          id: 'bodies_accepted',
          value: answers.filter(({ status }) => status === 200).length,
          op: '>=',
          bar: 2,
          n: answers.length,
        },
      ],
    });
    expect(answers.filter(({ status, answer }) => status !== 200 && !isRefusal(status, answer))).toEqual([]);
    expect(violations).toEqual([]);
  });
});

function post({ system, apiKey }: FaultSystem, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  return fetch(`${system.gatewayUrl}/v1/messages`, { method: 'POST', headers, body });
}

/** A 4xx of the client's own format, which says why. */
function isRefusal(status: number, answer: string): boolean {
  return status >= 400 && status < 500 && answer.includes('"type":"error"') && answer.includes('"message":"');
}
