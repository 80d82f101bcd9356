import type { ReplyScript, Said } from '../reply-script.ts';
import { cut, type ReplyWire } from './reply-wire.ts';

const geminiPart = (one: Said): object => {
  if (one.type === 'call') return { functionCall: { name: one.name, args: one.input } };
  return one.type === 'text' ? { text: one.text } : { text: one.text, thought: true };
};
const geminiReply = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  modelVersion: 'wire-model',
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5 },
});
const geminiFinish = ({ stop }: ReplyScript) => ({ finishReason: stop === 'limit' ? 'MAX_TOKENS' : 'STOP' });

/** Google's generateContent. */
export const geminiWire: ReplyWire = {
  events: (script) => [
    ...script.said.flatMap((one) =>
      one.type === 'call'
        ? [geminiReply([geminiPart(one)])]
        : cut(script, one.text).map((text) => geminiReply([geminiPart({ ...one, text })])),
    ),
    geminiReply([], geminiFinish(script)),
  ],
  body: (script) => geminiReply(script.said.map(geminiPart), geminiFinish(script)),
};
