import { FAKE_ANTHROPIC_WIRE } from '#shared/testing/fake-anthropic-wire.ts';
import { FAKE_OPENAI_WIRE } from '#shared/testing/fake-openai-wire.ts';
import type { FakeMessage, FakeRequest } from '#shared/testing/fake-reply.ts';

export type StreamFormat = 'openai-chat' | 'anthropic-messages';
export const STREAM_FORMATS = ['openai-chat', 'anthropic-messages'] as const satisfies readonly StreamFormat[];

/** Of a text in several alphabets and two tool calls, so that a cut can fall into the middle of anything. */
const MESSAGE: FakeMessage = {
  text: 'Grüße, 你好 👩‍👩‍👧 and then: ‘quoted’ \\ "escaped".',
  toolCalls: [
    { id: 'call_1', name: 'read_file', arguments: { path: 'src/größe/文件.ts', lines: [1, 2, 3] } },
    { id: 'call_2', name: 'read_file', arguments: { path: 'b "quoted".ts' } },
  ],
};
const REQUEST: FakeRequest = {
  ...{ index: 0, method: 'POST', path: '', query: '', model: 'model', headers: {}, bodyText: '', streamed: true },
  body: { stream_options: { include_usage: true } },
  ended: Promise.resolve('answered'),
};
const WIRES = { 'openai-chat': FAKE_OPENAI_WIRE, 'anthropic-messages': FAKE_ANTHROPIC_WIRE } as const;

/** The events of one streamed answer, as its server writes them. */
export function replyEvents(format: StreamFormat): readonly string[] {
  return WIRES[format].events(MESSAGE, REQUEST, { pieceCharacters: 9 }).map(String);
}

/** The first byte from which on the answer is whole for whoever reads it: what comes after is not missed. */
export function wholeFrom(format: StreamFormat, bytes: Buffer): number {
  return bytes.indexOf(format === 'openai-chat' ? '"finish_reason":"' : 'event: message_stop');
}
