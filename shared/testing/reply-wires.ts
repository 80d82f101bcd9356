import type { ReplyShape } from '../formats/replies/reply-shape.ts';
import { encodeSseEvent } from '../upstream/sse.ts';
import { encodeConverseStream } from './play-converse-stream.ts';
import { cutText, type ReplyScript, type Said } from './reply-script.ts';

/** How a wire writes an answer, streamed and whole. */
interface ReplyWire {
  readonly events: (script: ReplyScript) => readonly object[];
  readonly body: (script: ReplyScript) => object;
  /** The name of an event, where the wire has names. */
  readonly nameOf?: (event: object) => string;
  readonly hasEndMark?: true;
}

type Called = Extract<Said, { type: 'call' }>;

const calls = ({ said }: ReplyScript) => said.filter((one): one is Called => one.type === 'call');
const textOf = ({ said }: ReplyScript, type: 'text' | 'thinking') =>
  said.map((one) => (one.type === type ? one.text : '')).join('');
const callId = (index: number) => `call_${index}`;
const cut = (script: ReplyScript, value: string) => cutText(value, script.pieceCharacters);
const json = (value: unknown) => JSON.stringify(value);
const typeOf = (event: object) => ('type' in event ? String(event.type) : '');

const CHAT_USAGE = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };
const chatFinish = (script: ReplyScript) =>
  script.stop === 'limit' ? 'length' : calls(script).length > 0 ? 'tool_calls' : 'stop';
const chatChunk = (delta: object, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  model: 'wire-model',
  choices: [{ index: 0, delta, finish_reason }],
});
const chatCall = (index: number, called: object, id?: string) =>
  chatChunk({ tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' }), function: called }] });

const chat: ReplyWire = {
  hasEndMark: true,
  events: (script) => [
    chatChunk({ role: 'assistant', content: '' }),
    ...cut(script, textOf(script, 'thinking')).map((reasoning_content) => chatChunk({ reasoning_content })),
    ...cut(script, textOf(script, 'text')).map((content) => chatChunk({ content })),
    ...calls(script).flatMap(({ name, input }, index) => [
      chatCall(index, { name, arguments: '' }, callId(index)),
      ...cut(script, json(input)).map((piece) => chatCall(index, { arguments: piece })),
    ]),
    chatChunk({}, chatFinish(script)),
    { object: 'chat.completion.chunk', choices: [], usage: CHAT_USAGE },
  ],
  body: (script) => ({
    object: 'chat.completion',
    model: 'wire-model',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: textOf(script, 'text') || null,
          reasoning_content: textOf(script, 'thinking') || undefined,
          tool_calls: calls(script).map(({ name, input }, index) => ({
            id: callId(index),
            type: 'function',
            function: { name, arguments: json(input) },
          })),
        },
        finish_reason: chatFinish(script),
      },
    ],
    usage: CHAT_USAGE,
  }),
};

const responsesItem = (one: Said, index: number, callIndex: number): object => {
  if (one.type === 'text') {
    return {
      id: `msg_${index}`,
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: one.text }],
    };
  }
  if (one.type === 'thinking') {
    return { id: `rs_${index}`, type: 'reasoning', summary: [{ type: 'summary_text', text: one.text }] };
  }
  const { name } = one;
  return { id: `fc_${index}`, type: 'function_call', call_id: callId(callIndex), name, arguments: json(one.input) };
};

const responsesItems = ({ said }: ReplyScript) => {
  let callIndex = 0;
  return said.map((one, index) => responsesItem(one, index, one.type === 'call' ? callIndex++ : 0));
};

const responsesEnd = (script: ReplyScript) => ({
  object: 'response',
  model: 'wire-model',
  status: script.stop === 'limit' ? 'incomplete' : 'completed',
  incomplete_details: script.stop === 'limit' ? { reason: 'max_output_tokens' } : null,
  output: responsesItems(script),
  usage: { input_tokens: 9, output_tokens: 5, total_tokens: 14 },
});

const responsesPieces = (script: ReplyScript, one: Said, output_index: number): readonly object[] => {
  if (one.type === 'call') {
    const pieces = cut(script, json(one.input));
    return pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', output_index, delta }));
  }
  if (one.type === 'thinking') {
    const type = 'response.reasoning_summary_text.delta';
    return cut(script, one.text).map((delta) => ({ type, output_index, summary_index: 0, delta }));
  }
  return cut(script, one.text).map((delta) => ({
    type: 'response.output_text.delta',
    output_index,
    content_index: 0,
    delta,
  }));
};

const responses: ReplyWire = {
  nameOf: typeOf,
  events: (script) => {
    const items = responsesItems(script);
    return [
      { type: 'response.created', response: { object: 'response', model: 'wire-model', output: [] } },
      ...script.said.flatMap((one, index) => {
        const started =
          one.type === 'call' ? { ...items[index], arguments: '' } : { ...items[index], content: [], summary: [] };
        return [
          { type: 'response.output_item.added', output_index: index, item: started },
          ...responsesPieces(script, one, index),
          { type: 'response.output_item.done', output_index: index, item: items[index] },
        ];
      }),
      { type: script.stop === 'limit' ? 'response.incomplete' : 'response.completed', response: responsesEnd(script) },
    ];
  },
  body: responsesEnd,
};

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

const gemini: ReplyWire = {
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

const CONVERSE_USAGE = { inputTokens: 9, outputTokens: 5, totalTokens: 14 };
const converseStop = (script: ReplyScript) =>
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

const converse: ReplyWire = {
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

const anthropicBlock = (one: Said, index: number): object => {
  if (one.type === 'call') return { type: 'tool_use', id: `toolu_${index}`, name: one.name, input: one.input };
  return one.type === 'text'
    ? { type: 'text', text: one.text }
    : { type: 'thinking', thinking: one.text, signature: 'c2ln' };
};
const anthropicMessage = (content: readonly object[], stop_reason: string | null, output_tokens: number) => ({
  id: 'msg_wire',
  type: 'message',
  role: 'assistant',
  model: 'wire-model',
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens },
});

const anthropicEvents = (script: ReplyScript, one: Said, index: number): readonly object[] => {
  const block = anthropicBlock(one, index);
  const deltas = (given: readonly object[]) => given.map((delta) => ({ type: 'content_block_delta', index, delta }));
  const start = (content_block: object) => ({ type: 'content_block_start', index, content_block });
  const stop = { type: 'content_block_stop', index };
  if (one.type === 'call') {
    const pieces = cut(script, json(one.input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    return [start({ ...block, input: {} }), ...deltas(pieces), stop];
  }
  if (one.type === 'text') {
    const pieces = cut(script, one.text).map((text) => ({ type: 'text_delta', text }));
    return [start({ type: 'text', text: '' }), ...deltas(pieces), stop];
  }
  const pieces = cut(script, one.text).map((thinking) => ({ type: 'thinking_delta', thinking }));
  const signature = { type: 'signature_delta', signature: 'c2ln' };
  return [start({ type: 'thinking', thinking: '', signature: '' }), ...deltas([...pieces, signature]), stop];
};

const anthropic: ReplyWire = {
  nameOf: typeOf,
  events: (script) => [
    { type: 'message_start', message: anthropicMessage([], null, 1) },
    ...script.said.flatMap((one, index) => anthropicEvents(script, one, index)),
    {
      type: 'message_delta',
      delta: { stop_reason: converseStop(script), stop_sequence: null },
      usage: { output_tokens: 5 },
    },
    { type: 'message_stop' },
  ],
  body: (script) => anthropicMessage(script.said.map(anthropicBlock), converseStop(script), 5),
};

const COHERE_USAGE = { tokens: { input_tokens: 9, output_tokens: 5 } };
const cohereFinish = (script: ReplyScript) =>
  script.stop === 'limit' ? 'MAX_TOKENS' : calls(script).length > 0 ? 'TOOL_CALL' : 'COMPLETE';
const cohereEvent = (type: string, message: object, index = 0) => ({ type, index, delta: { message } });
const cohereCall = (called: object, id?: string) => ({ tool_calls: { id, type: 'function', function: called } });

const cohere: ReplyWire = {
  nameOf: typeOf,
  events: (script) => [
    cohereEvent('message-start', { role: 'assistant' }),
    ...cut(script, textOf(script, 'thinking')).map((thinking) =>
      cohereEvent('content-delta', { content: { thinking } }),
    ),
    ...cut(script, textOf(script, 'text')).map((text) => cohereEvent('content-delta', { content: { text } })),
    ...calls(script).flatMap(({ name, input }, index) => [
      cohereEvent('tool-call-start', cohereCall({ name, arguments: '' }, callId(index)), index),
      ...cut(script, json(input)).map((piece) =>
        cohereEvent('tool-call-delta', cohereCall({ arguments: piece }), index),
      ),
      { type: 'tool-call-end', index },
    ]),
    { type: 'message-end', delta: { finish_reason: cohereFinish(script), usage: COHERE_USAGE } },
  ],
  body: (script) => ({
    message: {
      role: 'assistant',
      content: script.said.flatMap((one): readonly object[] => {
        if (one.type === 'text') return [{ type: 'text', text: one.text }];
        return one.type === 'thinking' ? [{ type: 'thinking', thinking: one.text }] : [];
      }),
      tool_calls: calls(script).map(({ name, input }, index) => ({
        id: callId(index),
        type: 'function',
        function: { name, arguments: json(input) },
      })),
    },
    finish_reason: cohereFinish(script),
    usage: COHERE_USAGE,
  }),
};

const interactionEnd = (script: ReplyScript) => ({
  object: 'interaction',
  model: 'wire-model',
  status: script.stop === 'limit' ? 'incomplete' : calls(script).length > 0 ? 'requires_action' : 'completed',
  usage: { total_input_tokens: 9, total_output_tokens: 5 },
});
const interactionStep = (one: Said, index: number): object => {
  if (one.type === 'text') return { type: 'model_output', content: [{ type: 'text', text: one.text }] };
  if (one.type === 'thinking') return { type: 'thought', summary: [{ type: 'text', text: one.text }] };
  return { type: 'function_call', id: callId(index), name: one.name, arguments: one.input };
};
const interactionPieces = (script: ReplyScript, one: Said): readonly object[] => {
  if (one.type === 'call') {
    return cut(script, json(one.input)).map((piece) => ({ type: 'arguments_delta', arguments: piece }));
  }
  return cut(script, one.text).map((text) =>
    one.type === 'text' ? { type: 'text', text } : { type: 'thought_summary', content: { type: 'text', text } },
  );
};

const interactions: ReplyWire = {
  events: (script) => [
    { event_type: 'interaction.created', interaction: { object: 'interaction', model: 'wire-model' } },
    ...script.said.flatMap((one, index) => {
      const step = one.type === 'call' ? { ...interactionStep(one, index), arguments: {} } : {};
      const type = one.type === 'text' ? 'model_output' : one.type === 'thinking' ? 'thought' : 'function_call';
      return [
        { event_type: 'step.start', index, step: { ...step, type } },
        ...interactionPieces(script, one).map((delta) => ({ event_type: 'step.delta', index, delta })),
        { event_type: 'step.stop', index },
      ];
    }),
    { event_type: 'interaction.completed', interaction: interactionEnd(script) },
  ],
  body: (script) => ({ ...interactionEnd(script), steps: script.said.map(interactionStep) }),
};

/** Every wire shape that there is a decoder for. */
export const REPLY_WIRES: Readonly<Record<ReplyShape, ReplyWire>> = {
  'anthropic-messages': anthropic,
  'bedrock-converse': converse,
  'cohere-chat': cohere,
  gemini,
  'gemini-interactions': interactions,
  'openai-chat': chat,
  'openai-responses': responses,
};

/** The text of each event as its server writes it. */
export function wireTexts(shape: ReplyShape, events: readonly object[]): readonly string[] {
  const { nameOf, hasEndMark } = REPLY_WIRES[shape];
  const texts = events.map((event) => encodeSseEvent({ event: nameOf?.(event), data: json(event) }));
  return hasEndMark === true ? [...texts, encodeSseEvent({ data: '[DONE]' })] : texts;
}

/** The bytes of a stream, framed as its server frames it. */
export function wireBytes(shape: ReplyShape, events: readonly object[]): Buffer {
  if (shape === 'bedrock-converse') return encodeConverseStream(events as readonly Record<string, object>[]);
  return Buffer.from(wireTexts(shape, events).join(''));
}
