import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { chatChunk, encodeChatStream, playChatStream } from '../../testing/play-chat-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { CanonicalBody } from '../canonical.ts';
import type { DecodeContext } from '../format.ts';
import { decodeResponse } from './decode-response.ts';
import { createThinkTagState, flushThinkTags, splitThinkTags } from './think-tags.ts';

type Mode = NonNullable<DecodeContext['thinkTags']>;

/** What comes of the text, in pieces or at once, with like neighbours joined. */
function split(mode: Mode, pieces: readonly string[]) {
  const state = createThinkTagState(mode);
  const parts = [...pieces.flatMap((piece) => splitThinkTags(state, piece)), ...flushThinkTags(state)];
  const of = (type: string) => parts.map((part) => (part.type === type ? part.text : '')).join('');
  return { thinking: of('thinking'), text: of('text') };
}

describe('reasoning between tags', () => {
  it.each<[string, Mode, string, { thinking: string; text: string }]>([
    ['a tag and an answer', 'explicit', '<think>why</think>\n\nso', { thinking: 'why', text: 'so' }],
    ['blank lines before the tag', 'explicit', '\n\n<think>why</think>so', { thinking: 'why', text: 'so' }],
    ["Mistral's brackets", 'explicit', '[THINK]why[/THINK]so', { thinking: 'why', text: 'so' }],
    ['no tag', 'explicit', 'so <think>it is</think>', { thinking: '', text: 'so <think>it is</think>' }],
    ['something like a tag', 'explicit', '<thin ice>', { thinking: '', text: '<thin ice>' }],
    ['the start of a tag alone', 'explicit', '<thi', { thinking: '', text: '<thi' }],
    ['no closing tag', 'explicit', '<think>why is', { thinking: 'why is', text: '' }],
    ['half a closing tag', 'explicit', '<think>why</thi', { thinking: 'why</thi', text: '' }],
    ['a smaller sign inside', 'explicit', '<think>1 < 2</think>yes', { thinking: '1 < 2', text: 'yes' }],
    ['a second closing tag', 'explicit', '<think>a</think>b</think>', { thinking: 'a', text: 'b</think>' }],
    ['an opening tag that the template wrote', 'implied', 'why</think>so', { thinking: 'why', text: 'so' }],
  ])('%s', (_name, mode, text, expected) => {
    expect(split(mode, [text])).toEqual(expected);
    expect(split(mode, [...text])).toEqual(expected);
  });

  it('is told apart alike wherever the text is cut, and no character is lost but the tags and their blank lines', () => {
    const word = fc.constantFrom('<think>', '</think>', '<', '</thi', 'nk>', ' ', '\n', 'why', '[THINK]', '[/THINK]');
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom<Mode>('explicit', 'implied'), (words, mode) => {
        const whole = split(mode, [words.join('')]);
        expect(split(mode, words)).toEqual(whole);
        expect(split(mode, [...words.join('')])).toEqual(whole);
        const kept = `${whole.thinking}${whole.text}`.replace(/\s/g, '').length;
        const said = words.join('').replace(/\s/g, '').length;
        expect(said - kept).toBeLessThanOrEqual('[THINK][/THINK]'.length);
      }),
      PROPERTY,
    );
  });
});

describe('an answer with tags', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } };

  async function answer(pieces: readonly object[], mode: Mode, request: Partial<CanonicalBody> = {}) {
    const context = { ...createDecodeContext(request), thinkTags: mode };
    const chunks = [...pieces.map((delta) => chatChunk(delta)), chatChunk({}, { finish_reason: 'stop' })];
    const { bytes, decoder } = playChatStream(encodeChatStream(chunks), context);
    const verdict = await judgeMessageStream(bytes);
    expect(verdict.violations).toEqual([]);
    return decoder.message()?.content ?? [];
  }

  it('has a thinking block and a text block, and the same whole', async () => {
    const content = await answer(
      [{ content: '<thi' }, { content: 'nk>why</th' }, { content: 'ink>\n\nso' }],
      'explicit',
    );
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'why' },
      { type: 'text', text: 'so' },
    ]);
    const body = { choices: [{ message: { content: '<think>why</think>\n\nso' }, finish_reason: 'stop' }] };
    const whole = decodeResponse(body, { ...createDecodeContext(), thinkTags: 'explicit' });
    expect(whole.type === 'decoded' && whole.message.content).toEqual(content);
  });

  it('keeps reasoning whole that ends in a call instead of a closing tag', async () => {
    const content = await answer(
      [{ content: '<think>read it</thi' }, { tool_calls: [{ index: 0, ...call }] }],
      'explicit',
    );
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'read it</thi' },
      { type: 'tool_use', name: 'read', input: { path: 'a' } },
    ]);
  });

  it('is left alone where the server tells reasoning apart, or nobody said that there are tags', async () => {
    const told = await answer([{ reasoning_content: 'why' }, { content: 'so </think>' }], 'implied');
    expect(told).toMatchObject([
      { type: 'thinking', thinking: 'why' },
      { type: 'text', text: 'so </think>' },
    ]);
    const body = { choices: [{ message: { content: '<think>a</think>b' }, finish_reason: 'stop' }] };
    const plain = decodeResponse(body, createDecodeContext());
    expect(plain.type === 'decoded' && plain.message.content).toMatchObject([{ text: '<think>a</think>b' }]);
  });

  it('is text from its start when thinking was turned off', async () => {
    const content = await answer([{ content: 'so' }], 'implied', { thinking: { type: 'disabled' } });
    expect(content).toMatchObject([{ type: 'text', text: 'so' }]);
  });
});
