import type { ReplyScript, Said } from '../reply-script.ts';
import { callId, calls, cut, json, type ReplyWire } from './reply-wire.ts';

const CONVERSE_USAGE = { inputTokens: 9, outputTokens: 5, totalTokens: 14 };
export const converseStop = (script: ReplyScript) =>
  script.stop === 'limit' ? 'max_tokens' : calls(script).length > 0 ? 'tool_use' : 'end_turn';
const converseDelta = (contentBlockIndex: number, delta: object) => ({
  contentBlockDelta: { contentBlockIndex, delta },
});

const converseEvents = (script: ReplyScript, one: Said, index: number, callIndex: number): readonly object[] => {
  if (one.type === 'call') {
    const start = { toolUse: { toolUseId: callId(callIndex), name: one.name } };
    return [
      { contentBlockStart: { contentBlockIndex: index, start } },
      ...cut(script, json(one.input)).map((input) => converseDelta(index, { toolUse: { input } })),
    ];
  }
  return cut(script, one.text).map((text) =>
    converseDelta(index, one.type === 'text' ? { text } : { reasoningContent: { text } }),
  );
};

/** Bedrock's Converse. */
export const converseWire: ReplyWire = {
  events: (script) => {
    let callIndex = 0;
    return [
      { messageStart: { role: 'assistant' } },
      ...script.said.flatMap((one, index) => [
        ...converseEvents(script, one, index, one.type === 'call' ? callIndex++ : 0),
        { contentBlockStop: { contentBlockIndex: index } },
      ]),
      { messageStop: { stopReason: converseStop(script) } },
      { metadata: { usage: CONVERSE_USAGE } },
    ];
  },
  body: (script) => {
    let callIndex = 0;
    const content = script.said.map((one) => {
      if (one.type === 'text') return { text: one.text };
      if (one.type === 'thinking') return { reasoningContent: { reasoningText: { text: one.text } } };
      return { toolUse: { toolUseId: callId(callIndex++), name: one.name, input: one.input } };
    });
    return {
      output: { message: { role: 'assistant', content } },
      stopReason: converseStop(script),
      usage: CONVERSE_USAGE,
    };
  },
};
