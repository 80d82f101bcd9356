import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '#shared/deep-freeze.ts';
import type { JsonObject } from '#shared/formats/json-object.ts';
import { type CallContent, type EncodedTranscript, encodeTranscript } from './encode-transcript.ts';
import { deliveredBefore, type LoadedNode, rebuildRequest, rebuildResponse } from './rebuild-transcript.ts';
import { packReply, unpackReply } from './reply-block.ts';
import { transcriptLayoutSchema } from './transcript-layout.ts';

const KEY = Buffer.alloc(32, 7);

/** What the store gives back: blocks by key, chains by walking parents, everything through JSON. */
async function rebuild(encoded: EncodedTranscript): Promise<{
  request: JsonObject | null;
  response: JsonObject | null;
  upstreamRaw: string | null;
}> {
  const blocks = new Map(
    await Promise.all(
      encoded.blocks.map(async ({ key, kind, value, reply }) => {
        const stored = reply === undefined ? deepFreeze(JSON.parse(JSON.stringify(value))) : await packReply(reply);
        return [key.toString('hex'), { kind, value: stored }] as const;
      }),
    ),
  );
  const nodes = new Map(encoded.nodes.map((node) => [node.hash.toString('hex'), node]));
  const chainTo = (head: Buffer | null, after: Buffer | null = null): LoadedNode[] => {
    const chain: LoadedNode[] = [];
    for (let at = head; at !== null && !(after !== null && at.equals(after)); ) {
      const node = nodes.get(at.toString('hex'))!;
      chain.unshift({ ...node, ...blocks.get(node.blockKey.toString('hex'))! });
      at = node.parentHash;
    }
    return chain;
  };
  const { request, response } = transcriptLayoutSchema.parse(JSON.parse(JSON.stringify(encoded.layout)));
  const answer = chainTo(encoded.responseNode, encoded.transcriptHead);
  const raw = encoded.upstreamRawBlock === null ? null : blocks.get(encoded.upstreamRawBlock.toString('hex'))!;
  const reply =
    response !== null && raw?.kind === 'reply'
      ? await unpackReply(raw.value, deliveredBefore(response, answer), 1_000_000)
      : null;
  return {
    upstreamRaw: reply?.raw ?? raw?.value ?? null,
    request:
      request === null
        ? null
        : rebuildRequest(
            request,
            chainTo(encoded.transcriptHead),
            chainTo(encoded.catalogueHash),
            blocks.get(encoded.parametersBlock!.toString('hex'))!.value,
          ),
    response:
      response === null
        ? null
        : rebuildResponse(response, answer, reply?.envelope ?? blocks.get(response.envelope ?? '')!.value),
  };
}

const encode = (content: Partial<CallContent>) =>
  encodeTranscript(KEY, { request: null, response: null, upstreamRaw: null, ...content });

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('', '\ud800', 'a\u0000b'));
const cacheControl = fc.constantFrom({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' }, null, 'odd', {
  type: '\ud800',
});
const textBlock = fc.record(
  { type: fc.constant('text'), text, citations: fc.constantFrom(null, []), cache_control: cacheControl },
  { requiredKeys: ['type', 'text'] },
);
const toolUse = fc.record(
  { type: fc.constant('tool_use'), id: text, name: text, input: fc.object(), caller: fc.constant(null) },
  { requiredKeys: ['type', 'id', 'name', 'input'] },
);
const toolResult = fc.record(
  {
    type: fc.constant('tool_result'),
    tool_use_id: text,
    content: fc.oneof(text, fc.array(textBlock, { maxLength: 3 })),
    is_error: fc.boolean(),
    cache_control: cacheControl,
  },
  { requiredKeys: ['type', 'tool_use_id'] },
);
const block = fc.oneof(textBlock, toolUse, toolResult, fc.object() as fc.Arbitrary<JsonObject>);
const message = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      role: fc.constantFrom('user', 'assistant', 'system'),
      content: fc.oneof(text, fc.array(block, { maxLength: 4 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      role: fc.constantFrom('user', 'assistant', 'system'),
      content: fc.oneof(text, fc.array(block, { maxLength: 4 })),
      output_config: fc.jsonValue(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ role: text, content: fc.anything(), name: text }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const billing = { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.0; cch=1f2e3;' };
const request = fc.record(
  {
    model: text,
    max_tokens: fc.integer(),
    system: fc.oneof(
      text,
      fc.constant(billing.text),
      fc.array(fc.oneof(textBlock, fc.constant(billing)), { maxLength: 4 }),
      fc.jsonValue(),
    ),
    messages: fc.oneof(
      { weight: 9, arbitrary: fc.array(message, { maxLength: 6 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
    tools: fc.oneof(
      fc.array(
        fc.record({ name: text, input_schema: fc.object(), cache_control: cacheControl }, { requiredKeys: ['name'] }),
        { maxLength: 3 },
      ),
      fc.jsonValue(),
    ),
    metadata: fc.object(),
    stream: fc.boolean(),
  },
  { requiredKeys: [] },
);
const response = fc.record(
  {
    id: text,
    role: fc.constant('assistant'),
    content: fc.oneof(fc.array(block, { maxLength: 4 }), text),
    usage: fc.object(),
    stop_sequence: fc.constant(null),
  },
  { requiredKeys: ['id'] },
);
const throughJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

describe('a transcript', () => {
  it('gives back every request, response and raw reply exactly', () =>
    fc.assert(
      fc.asyncProperty(fc.option(request), fc.option(response), fc.option(text), async (given, answered, sent) => {
        const content = { request: throughJson(given), response: throughJson(answered), upstreamRaw: sent };
        expect(await rebuild(encode(content))).toEqual(content);
      }),
      { numRuns: 200 },
    ));

  it('stores next to nothing of a raw reply that says what was delivered', async () => {
    const words = Array.from({ length: 80 }, (_, index) => `word${(index * 7919) % 1_000}`).join(' ');
    const envelope = { id: 'msg_1', role: 'assistant', usage: { output_tokens: 80 } };
    const upstreamRaw = JSON.stringify({ choices: [{ message: { content: words } }] });
    const { blocks } = encode({ response: { ...envelope, content: [{ type: 'text', text: words }] }, upstreamRaw });
    const reply = blocks.find(({ kind }) => kind === 'reply')!.reply!;
    expect((await packReply(reply)).length).toBeLessThan(upstreamRaw.length / 4);
  });

  it('reads a raw reply with no other message than its own', async () => {
    const own = {
      envelope: { id: 'msg_1' },
      raw: '{"content":"the sum is 42"}',
      delivered: '[{"text":"the sum is 42"}]',
    };
    const packed = await packReply(own);
    await expect(unpackReply(packed, '[{"text":"the sum is 43"}]', 1_000)).rejects.toThrow();
    expect(await unpackReply(packed, own.delivered, 1_000)).toEqual({ envelope: own.envelope, raw: own.raw });
  });

  it('keeps all text of the traffic out of the layout', () => {
    const secret = 'zq9-secret';
    const encoded = encode({
      request: {
        model: secret,
        system: [
          { ...billing, note: secret },
          { type: 'text', text: secret, cache_control: { type: 'ephemeral' } },
        ],
        messages: [
          { role: 'user', content: secret, name: secret },
          { role: 'user', content: [{ type: 'text', text: secret, [`${secret} x`]: null }] },
        ],
        tools: [{ name: secret }],
      },
      response: { id: secret, content: [{ type: 'text', text: secret }] },
    });
    expect(JSON.stringify(encoded.layout)).not.toContain(secret);
  });

  it('has one head wherever the cache breakpoints stand, whatever is null and however text is written', () => {
    const bare = encode({ request: { messages: [{ role: 'user', content: 'hello' }] } });
    const marked = encode({
      request: {
        messages: [
          {
            role: 'user',
            content: [{ citations: null, text: 'hello', type: 'text', cache_control: { type: 'ephemeral' } }],
          },
        ],
      },
    });
    expect(marked.transcriptHead).toEqual(bare.transcriptHead);
  });

  it('differs by role, by message and by project', () => {
    const one = { type: 'text', text: 'a' };
    const heads = [
      encode({ request: { messages: [{ role: 'user', content: [one, one] }] } }),
      encode({
        request: {
          messages: [
            { role: 'user', content: [one] },
            { role: 'user', content: [one] },
          ],
        },
      }),
      encode({
        request: {
          messages: [
            { role: 'user', content: [one] },
            { role: 'assistant', content: [one] },
          ],
        },
      }),
      encodeTranscript(Buffer.alloc(32, 8), {
        request: { messages: [{ role: 'user', content: [one, one] }] },
        response: null,
        upstreamRaw: null,
      }),
    ].map(({ transcriptHead }) => transcriptHead?.toString('hex'));
    expect(new Set(heads).size).toBe(4);
  });

  it('keeps the attribution block out of the chain, so that its changing text starts no new one', () => {
    const withBilling = (cch: string) =>
      encode({
        request: {
          system: [
            { type: 'text', text: `x-anthropic-billing-header: cch=${cch};` },
            { type: 'text', text: 'Be terse.' },
          ],
          messages: [{ role: 'user', content: 'hello' }],
        },
      });
    expect(withBilling('1').transcriptHead).toEqual(withBilling('2').transcriptHead);
    expect(withBilling('1').parametersBlock).not.toEqual(withBilling('2').parametersBlock);
  });

  it('links a request to the call whose answer it carries on from', () => {
    const question = { role: 'user', content: 'List the files.' };
    const content = [
      { type: 'text', text: 'Looking.', citations: null },
      { type: 'tool_use', id: 'toolu_1', name: 'ls', input: { path: '.', all: true } },
    ];
    const first = encode({ request: { messages: [question] }, response: { id: 'msg_1', content } });
    const resent = [
      { type: 'text', text: 'Looking.' },
      { type: 'tool_use', name: 'ls', id: 'toolu_1', input: { all: true, path: '.' } },
    ];
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a b' }] };
    const second = encode({ request: { messages: [question, { role: 'assistant', content: resent }, result] } });
    expect(first.continuedNode).toBeNull();
    expect(second.continuedNode).toEqual(first.responseNode);
  });

  it('links it although a system entry between the messages comes again in another form', () => {
    const question = { role: 'user', content: 'List the files.' };
    const entry = (content: unknown) => ({ role: 'system', content, output_config: { effort: 'medium' } });
    const answer = [{ type: 'tool_use', id: 'toolu_1', name: 'ls', input: {} }];
    const marked = [{ type: 'text', text: 'Environment: linux', cache_control: { type: 'ephemeral' } }];
    const first = encode({ request: { messages: [question, entry(marked)] }, response: { id: 'm', content: answer } });
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a b' }] };
    const messages = [question, entry('Environment: linux'), { role: 'assistant', content: answer }, result];
    expect(encode({ request: { messages } }).continuedNode).toEqual(first.responseNode);
  });

  it('knows tool calls again by their ids when a client has completed their arguments', () => {
    const question = { role: 'user', content: 'Mend it.' };
    const call = (input: unknown) => [{ type: 'tool_use', id: 'toolu_1', name: 'Edit', input }];
    const first = encode({ request: { messages: [question] }, response: { id: 'm', content: call({ path: 'a' }) } });
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' }] };
    const resent = { role: 'assistant', content: call({ replace_all: false, path: 'a' }) };
    const second = encode({ request: { messages: [question, resent, result] } });
    expect(second.continuedNode).not.toEqual(first.responseNode);
    expect(second.continuedToolUseKey).toEqual(first.toolUseKey);
    expect(encode({ request: { messages: [question] } }).continuedToolUseKey).toBeNull();
  });

  it('takes no prefill for an answer that was delivered', () => {
    const messages = [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'Sure:' },
    ];
    expect(encode({ request: { messages } }).continuedNode).toBeNull();
  });
});
