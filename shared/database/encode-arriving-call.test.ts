import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { encodeArrivingCall } from './encode-arriving-call.ts';
import { createRequestMemories } from './request-memories.ts';
import { blockKeyOf } from './transcript/block-key.ts';
import { type EncodedTranscript, encodeTranscript } from './transcript/encode-transcript.ts';

const PROJECT_KEY = Buffer.alloc(32, 5);

const mark = fc.constantFrom({}, { cache_control: { type: 'ephemeral' } }, { citations: null });
const words = fc.constantFrom('a', 'b', 'x-anthropic-billing-header: 1', 'é', '"],"', '\u0000', '');
const block = fc.oneof(
  fc.tuple(words, mark).map(([text, more]) => ({ type: 'text', text, ...more })),
  fc.tuple(words, mark).map(([content, more]) => ({ type: 'tool_result', tool_use_id: 't', content, ...more })),
  fc.constantFrom('t', 'u').map((id) => ({ type: 'tool_use', id, name: 'n', input: {} })),
);
const content = fc.oneof(words, fc.array(block, { maxLength: 3 }));
const more = fc.constantFrom({}, { output_config: { effort: 'high' } });
const message = fc
  .tuple(fc.constantFrom('user', 'assistant', 'system'), content, more)
  .map(([role, given, fields]) => ({ role, content: given, ...fields }));
const frame = fc.record({
  model: fc.constantFrom('m', 'n'),
  system: fc.oneof(
    words,
    fc.array(
      words.map((text) => ({ type: 'text', text })),
      { maxLength: 2 },
    ),
  ),
  tools: fc.array(
    words.map((name) => ({ name, input_schema: {} })),
    { maxLength: 2 },
  ),
  max_tokens: fc.constant(5),
  metadata: fc.constantFrom(null, { user_id: 'u' }),
});
/** What a client does to its conversation before it asks again. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(message, { minLength: 1, maxLength: 3 }).map((added) => ({ type: 'add' as const, added })),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const), to: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('edit' as const), at: fc.nat({ max: 6 }), message }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('frame' as const), frame }) },
);

function withoutMemory({ memory: _memory, ...transcript }: EncodedTranscript): unknown {
  const plain = ({ key, kind, value }: EncodedTranscript['blocks'][number]) => ({ key, kind, value });
  return { ...transcript, blocks: transcript.blocks.map(plain) };
}

describe('an arriving call', () => {
  it('is encoded as if it were the first of its conversation, whatever is remembered of the others', () => {
    fc.assert(
      fc.property(
        frame,
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.array(step, { maxLength: 8 }),
        (first, begin, steps) => {
          const memories = createRequestMemories();
          let body = { ...first, messages: begin };
          for (const change of [null, ...steps]) {
            const { messages } = body;
            if (change?.type === 'add') body = { ...body, messages: [...messages, ...change.added] };
            if (change?.type === 'cut') body = { ...body, messages: messages.slice(0, change.to) };
            if (change?.type === 'edit' && messages.length > 0) {
              body = { ...body, messages: messages.with(change.at % messages.length, change.message) };
            }
            if (change?.type === 'frame') body = { ...change.frame, messages };
            const { call, response } = sampleCallRecord({ call: { sessionId: 's', requestModel: 'm' } });
            const request = { bytes: Buffer.from(JSON.stringify(body)), clientFormat: 'anthropic-messages' };
            const offered = { call, request, response: JSON.stringify(response), upstreamRaw: 'raw' };
            const { metadata, ...rest } = JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
            const canonical = metadata === null ? rest : { ...rest, metadata };
            const alone = encodeTranscript(PROJECT_KEY, { request: canonical, response, upstreamRaw: 'raw' });
            const encoded = encodeArrivingCall(PROJECT_KEY, offered, memories);
            expect(withoutMemory(encoded)).toEqual(withoutMemory(alone));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('makes nothing again of what its conversation said before', () => {
    const memories = createRequestMemories();
    const { call } = sampleCallRecord();
    const encode = (messages: readonly unknown[]) => {
      const bytes = Buffer.from(JSON.stringify({ model: 'm', max_tokens: 5, messages, system: 'be brief' }));
      const request = { bytes, clientFormat: 'anthropic-messages' };
      return encodeArrivingCall(PROJECT_KEY, { call, request, response: null, upstreamRaw: null }, memories);
    };
    const question = { role: 'user', content: 'why?' };
    const first = encode([question]);
    const second = encode([question, { role: 'assistant', content: 'so' }, { role: 'user', content: 'ah' }]);
    expect(second.nodes[0]).toBe(first.nodes[0]);
    expect(second.nodes[1]).toBe(first.nodes[1]);
    expect(second.nodes).toHaveLength(4);
    expect(memories.of(call)?.split?.ends).toHaveLength(3);
  });

  it('has block keys that are HMACs', () => {
    for (const key of [PROJECT_KEY, Buffer.from('short'), Buffer.alloc(100, 9)]) {
      const expected = createHmac('sha256', key).update('content\u0000{"a":"é"}').digest();
      expect(blockKeyOf(key, 'content', { a: 'é' })).toEqual(expected);
    }
  });
});
