import { openaiError } from './fake-openai-wire.ts';
import type { FakeMessage, FakeRequest } from './fake-reply.ts';
import { argumentsText, type FakeWire, modelOf, pieces, usageOf } from './fake-wire.ts';
import { refuseResponsesBody } from './strict-responses.ts';

const CREATED_SECONDS = 1_700_000_000;

type Item = Readonly<Record<string, unknown>>;
type WriteEvent = (type: string, rest: Item) => string;

/** The Responses API, streaming and not. */
export const FAKE_RESPONSES_WIRE: FakeWire = {
  path: /\/responses$/,
  refuse: ({ body }) => refuseResponsesBody(body),
  error: openaiError,
  body: (message, request) => response(message, request, items(message, request)),
  events(message, request, delivery) {
    let sequence = 0;
    const write: WriteEvent = (type, rest) => {
      const text = `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...rest })}\n\n`;
      sequence += 1;
      return text;
    };
    const done = response(message, request, items(message, request));
    const started = { ...done, status: 'in_progress', output: [], usage: null, incomplete_details: null };
    return [
      write('response.created', { response: started }),
      write('response.in_progress', { response: started }),
      ...items(message, request).flatMap((item, index) =>
        itemEvents(write, item, index, (text) => pieces(text, delivery)),
      ),
      write(message.stopReason === 'length' ? 'response.incomplete' : 'response.completed', { response: done }),
    ];
  },
};

function itemEvents(write: WriteEvent, item: Item, index: number, cut: (text: string) => string[]): string[] {
  const place = { item_id: item['id'], output_index: index };
  const added = (begun: object) => write('response.output_item.added', { output_index: index, item: begun });
  const ended = write('response.output_item.done', { output_index: index, item });
  if (item['type'] === 'function_call') {
    const text = String(item['arguments']);
    return [
      added({ ...item, arguments: '', status: 'in_progress' }),
      ...cut(text).map((delta) => write('response.function_call_arguments.delta', { ...place, delta })),
      write('response.function_call_arguments.done', { ...place, arguments: text }),
      ended,
    ];
  }
  if (item['type'] === 'reasoning') {
    const [summary] = item['summary'] as { text: string }[];
    const text = summary?.text ?? '';
    const part = { ...place, summary_index: 0 };
    return [
      added({ ...item, summary: [] }),
      write('response.reasoning_summary_part.added', { ...part, part: { type: 'summary_text', text: '' } }),
      ...cut(text).map((delta) => write('response.reasoning_summary_text.delta', { ...part, delta })),
      write('response.reasoning_summary_text.done', { ...part, text }),
      write('response.reasoning_summary_part.done', { ...part, part: { type: 'summary_text', text } }),
      ended,
    ];
  }
  const [content] = item['content'] as { text: string }[];
  const text = content?.text ?? '';
  const part = { ...place, content_index: 0 };
  return [
    added({ ...item, content: [], status: 'in_progress' }),
    write('response.content_part.added', { ...part, part: { ...content, text: '' } }),
    ...cut(text).map((delta) => write('response.output_text.delta', { ...part, delta, logprobs: [] })),
    write('response.output_text.done', { ...part, text, logprobs: [] }),
    write('response.content_part.done', { ...part, part: content }),
    ended,
  ];
}

function items(message: FakeMessage, { index }: FakeRequest): Item[] {
  const said: Item[] = [];
  if (message.reasoning !== undefined) {
    const summary = [{ type: 'summary_text', text: message.reasoning }];
    said.push({ id: `rs_fake${index}`, type: 'reasoning', summary, encrypted_content: 'ZmFrZS1yZWFzb25pbmc=' });
  }
  if (message.text !== undefined) {
    const content = [{ type: 'output_text', text: message.text, annotations: [], logprobs: [] }];
    said.push({ id: `msg_fake${index}`, type: 'message', status: 'completed', role: 'assistant', content });
  }
  for (const [place, call] of (message.toolCalls ?? []).entries()) {
    said.push({
      id: `fc_fake${index}_${place}`,
      type: 'function_call',
      status: 'completed',
      call_id: call.id ?? `call_fake_${index}_${place}`,
      name: call.name,
      arguments: argumentsText(call),
    });
  }
  return said;
}

function response(message: FakeMessage, request: FakeRequest, output: readonly Item[]): Item {
  const { input, output: outputTokens, cacheRead } = usageOf(message, request);
  const isCut = message.stopReason === 'length';
  return {
    id: `resp_fake${request.index}`,
    object: 'response',
    created_at: CREATED_SECONDS,
    status: isCut ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    model: modelOf(message, request),
    output,
    parallel_tool_calls: true,
    usage: {
      input_tokens: input + cacheRead,
      input_tokens_details: { cached_tokens: cacheRead },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + cacheRead + outputTokens,
    },
  };
}
