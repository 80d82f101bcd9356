import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHookRecord } from './decode-hook-record.ts';
import { hookToCall } from './hook-to-call.ts';
import { queueHookJsonSchema } from './queue-hook-schema.ts';

const CLIENT = new URL('../../../integrations/queue-hook/encode-record.mjs', import.meta.url).href;
const { encodeRecord } = (await import(CLIENT)) as { encodeRecord: (record: object) => string };
const EXAMPLE = fileURLToPath(new URL('../../../integrations/queue-hook/examples/emit_call.py', import.meta.url));
const ORIGIN = { projectId: 'default', callId: 'their-1', keyId: null };
const STARTED_AT = Date.UTC(2026, 10, 1);

const answer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'qwen',
  content: [{ type: 'text', text: 'Paris.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 3, cache_read_input_tokens: 100 },
};
const record = {
  startedAt: STARTED_AT,
  durationMs: 900,
  sessionId: 'one',
  clientFormat: 'anthropic-messages' as const,
  provider: 'vllm',
  model: 'qwen',
  request: { model: 'claude-sonnet-5', max_tokens: 10, messages: [{ role: 'user', content: 'Capital of France?' }] },
  response: answer,
};
const schema = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { uuid: true } }).compile(
  queueHookJsonSchema(),
);
const python = spawnSync('python3', [EXAMPLE], { encoding: 'utf8' });

const callOf = async (change: object, origin = ORIGIN) =>
  hookToCall(await decodeHookRecord({ ...record, ...change }), origin);

describe('the queue hook', () => {
  it('carries any record there and back, as ASCII without NUL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40_000 }), async (text) => {
        const sent = { ...record, request: { ...record.request, system: `\u0000\ud800${text}` } };
        const encoded = encodeRecord(sent);
        expect(/^[\t\n\r\x20-\x7e]+$/.test(encoded)).toBe(true);
        expect(schema({ v: 1, callId: 'x', record: encoded })).toBe(true);
        expect((await decodeHookRecord(encoded)).request).toEqual(sent.request);
      }),
      { numRuns: 50 },
    );
  });

  it('makes a call of a record, the same one whenever it comes', async () => {
    const { call, response } = await callOf({});
    expect(call).toMatchObject({
      source: 'hook',
      sessionId: 'one',
      sessionSource: 'configured-header',
      provider: 'vllm',
      requestModel: 'claude-sonnet-5',
      responseModel: 'qwen',
      stopReason: 'end_turn',
      usage: { inputTokens: 12, cacheReadInputTokens: 100, outputTokens: 3 },
      attempts: [{ provider: 'vllm', model: 'qwen', outcome: 'ok' }],
      completeness: { hasRequest: true, hasResponse: true },
    });
    expect(response).toMatchObject({ content: [{ type: 'text', text: 'Paris.' }] });
    expect((await callOf({})).call.callId).toBe(call.callId);
    expect((await callOf({}, { ...ORIGIN, callId: 'their-2' })).call.callId).not.toBe(call.callId);
  });

  it('reads the message out of the raw reply of the provider when that is all there is', async () => {
    const events = [
      { id: 'c', object: 'chat.completion.chunk', model: 'qwen', choices: [{ index: 0, delta: { content: 'Par' } }] },
      { id: 'c', object: 'chat.completion.chunk', model: 'qwen', choices: [{ index: 0, delta: { content: 'is.' } }] },
      { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ];
    const upstreamReply = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
    const made = await callOf({ response: undefined, upstreamReply, upstreamFormat: 'openai-chat', streamed: true });
    expect(made.response).toMatchObject({ content: [{ type: 'text', text: 'Paris.' }], stop_reason: 'end_turn' });
    expect(made.upstreamRaw).toBe(upstreamReply);
  });

  it('keeps a call without a named session out of rollouts', async () => {
    const policy = { policyId: 'p', epoch: 3, rolloutId: '0190a5b4-0000-7000-8000-000000000000', variant: 'canary' };
    expect((await callOf({ policy })).call).toMatchObject({ variant: 'canary', epoch: 3, policyId: 'p' });
    expect((await callOf({ policy, sessionId: undefined })).call).toMatchObject({
      sessionSource: 'call',
      variant: null,
      rolloutId: null,
    });
  });

  it.each([
    ['no JSON', '{"startedAt"', 'the record is not JSON'],
    ['base64 of something else', 'aGVsbG8=', 'not zstd'],
    ['another text', 'hello world!', 'neither JSON nor base64'],
    ['a record without a request', { ...record, request: undefined }, 'request: '],
    ['a time that is none', { ...record, startedAt: 12 }, 'startedAt: '],
  ])('refuses %s, and says why', async (_what, sent, reason) => {
    await expect(decodeHookRecord(sent)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(reason),
    });
  });

  it.each([
    ['a request that no client sends', { request: { model: 'x' } }],
    ['a response that is none, of a call that went well', { response: { error: { message: 'no' } } }],
  ])('refuses %s', async (_what, change) => {
    await expect(callOf(change)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('takes a failed call with an error for an answer', async () => {
    const made = await callOf({ status: 'upstream_error', errorType: 'overloaded_error', response: { error: {} } });
    expect(made).toMatchObject({ response: null, call: { status: 'upstream_error', errorType: 'overloaded_error' } });
  });

  it.skipIf(python.error !== undefined)('is spoken by the Python example', async () => {
    const body = JSON.parse(python.stdout) as { callId: string; record: string };
    expect(schema(body), JSON.stringify(schema.errors)).toBe(true);
    const { call } = hookToCall(await decodeHookRecord(body.record), { ...ORIGIN, callId: body.callId });
    expect(call).toMatchObject({ provider: 'vllm', usage: { inputTokens: 17, outputTokens: 3 } });
  });
});
