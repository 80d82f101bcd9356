import assert from 'node:assert/strict';
import {
  readChatCompletion,
  readChatStream,
  readResponse,
  readResponseStream,
} from '#shared/testing/openai-client-oracle.ts';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase, Mode, Observed } from '../conformance-case.ts';
import { itemsOf, PNG, READ_FILE } from '../requests.ts';
import { fails, says } from '../script.ts';

const DONE = says(answer([text('Done.')]));

const QUESTION = {
  messages: [{ role: 'user', content: 'read' }],
  max_tokens: 500,
  stream_options: { include_usage: true },
};
const CHAT_TOOLS = {
  tools: [{ type: 'function', function: { name: 'read_file', parameters: READ_FILE['input_schema'] } }],
};
const RESPONSES_TOOLS = { tools: [{ type: 'function', name: 'read_file', parameters: READ_FILE['input_schema'] }] };
const SPOKEN = says(
  answer([text('I read ', 'it.'), call('read_file', { path: 'a.ts' })], { usage: { input: 50, output: 7 } }),
);

async function readChat(seen: Observed, mode: Mode): Promise<void> {
  const read = await (mode === 'streamed' ? readChatStream(seen.bytes) : readChatCompletion(seen.body));
  assert.ok(read.type === 'read', read.type === 'refused' ? read.error.message : '');
  const [choice] = read.answer.choices;
  assert.deepEqual([choice?.message.content, choice?.finish_reason], ['I read it.', 'tool_calls']);
  const made = choice?.message.tool_calls?.[0];
  assert.ok(made?.type === 'function');
  assert.deepEqual([made.function.name, JSON.parse(made.function.arguments)], ['read_file', { path: 'a.ts' }]);
  assert.equal(read.answer.usage?.completion_tokens, 7);
}

async function readResponses(seen: Observed, mode: Mode): Promise<void> {
  const read = await (mode === 'streamed' ? readResponseStream(seen.bytes) : readResponse(seen.body));
  assert.ok(read.type === 'read', read.type === 'refused' ? read.error.message : '');
  const response = 'response' in read.answer ? read.answer.response : read.answer;
  assert.equal(response.output_text, 'I read it.');
  const made = response.output.find((item) => item.type === 'function_call');
  assert.ok(made?.type === 'function_call');
  assert.deepEqual(JSON.parse(made.arguments), { path: 'a.ts' });
  assert.equal(response.usage?.output_tokens, 7);
}

const PIXEL = `data:image/png;base64,${PNG}`;
const chatCall = (id: string, path: string) => ({
  id,
  type: 'function',
  function: { name: 'read_file', arguments: JSON.stringify({ path }) },
});
const responsesCall = (call_id: string, path: string) => ({
  type: 'function_call',
  call_id,
  name: 'read_file',
  arguments: JSON.stringify({ path }),
});

/** The calls before, each with its own result, and everything around them. */
function assertPaired(seen: Observed): void {
  const results = itemsOf(seen, 'result');
  for (const [index, made] of itemsOf(seen, 'call').entries()) {
    const given = results.find(({ id }) => id !== null && id === made.id) ?? results[index];
    assert.equal(given?.text, JSON.stringify(made.input).includes('one') ? 'TEXT1' : 'TEXT2');
  }
  assert.equal(results.length, 2);
  assert.match(seen.sent.system, /LEADING/);
  assert.ok(seen.sentText.includes(PNG), 'the image was not sent');
}

/** Clients of OpenAI's formats, read by OpenAI's own library. */
export const OPENAI_CLIENTS: readonly ConformanceCase[] = [
  {
    line: 'I.9',
    title: "Chat Completions: OpenAI's own client reads text, calls and usage",
    threads: [],
    client: 'openai-chat',
    steps: [
      {
        request: ({ mode }) => {
          const { stream_options: options, ...body } = QUESTION;
          return { body: { ...body, ...(mode === 'streamed' ? { stream_options: options } : {}), ...CHAT_TOOLS } };
        },
        script: SPOKEN,
        check: (seen, { mode }) => readChat(seen, mode),
      },
    ],
  },
  {
    line: 'I.10',
    title: "Responses: OpenAI's own client reads text, calls and usage",
    threads: [],
    client: 'openai-responses',
    steps: [
      {
        request: { body: { input: 'read', max_output_tokens: 500, ...RESPONSES_TOOLS } },
        script: SPOKEN,
        check: (seen, { mode }) => readResponses(seen, mode),
      },
    ],
  },
  {
    line: 'I.9',
    title: 'Chat Completions: parallel calls of an earlier turn and their results reach the model in pairs',
    threads: [],
    client: 'openai-chat',
    steps: [
      {
        request: {
          body: {
            messages: [
              { role: 'developer', content: 'LEADING' },
              { role: 'user', content: 'read' },
              {
                role: 'assistant',
                content: 'Both.',
                tool_calls: [chatCall('call_1', 'one'), chatCall('call_2', 'two')],
              },
              { role: 'tool', tool_call_id: 'call_2', content: 'TEXT2' },
              { role: 'tool', tool_call_id: 'call_1', content: 'TEXT1' },
              {
                role: 'user',
                content: [
                  { type: 'text', text: 'and?' },
                  { type: 'image_url', image_url: { url: PIXEL } },
                ],
              },
            ],
            ...CHAT_TOOLS,
          },
        },
        script: DONE,
        check: assertPaired,
      },
    ],
  },
  {
    line: 'I.10',
    title: 'Responses: calls of an earlier turn and their outputs reach the model in pairs',
    threads: [],
    client: 'openai-responses',
    steps: [
      {
        request: {
          body: {
            instructions: 'LEADING',
            input: [
              { role: 'user', content: 'read' },
              responsesCall('call_1', 'one'),
              responsesCall('call_2', 'two'),
              { type: 'function_call_output', call_id: 'call_2', output: 'TEXT2' },
              { type: 'function_call_output', call_id: 'call_1', output: 'TEXT1' },
              {
                role: 'user',
                content: [
                  { type: 'input_text', text: 'and?' },
                  { type: 'input_image', image_url: PIXEL },
                ],
              },
            ],
            ...RESPONSES_TOOLS,
          },
        },
        script: DONE,
        check: assertPaired,
      },
    ],
  },
  {
    line: 'I.11',
    title: "A stream that breaks is no finished answer for OpenAI's own clients",
    threads: [],
    client: 'openai-chat',
    modes: ['streamed'],
    steps: [
      {
        request: { body: { messages: QUESTION.messages } },
        script: says(answer([text('So ', 'it ', 'is ', 'not.')]), { cutAfter: 3 }),
        expect: 'other',
        async check(seen) {
          assert.equal((await readChatStream(seen.bytes)).type, 'refused');
          assert.doesNotMatch(seen.bytes.toString('utf8'), /\[DONE\]/);
        },
      },
    ],
  },
  {
    line: 'I.11',
    title: "A stream that breaks is no finished response for OpenAI's own clients",
    threads: [],
    client: 'openai-responses',
    modes: ['streamed'],
    steps: [
      {
        request: { body: { input: 'go' } },
        script: says(answer([text('So ', 'it ', 'is ', 'not.')]), { cutAfter: 3 }),
        expect: 'other',
        async check(seen) {
          assert.equal((await readResponseStream(seen.bytes)).type, 'refused');
          assert.doesNotMatch(seen.bytes.toString('utf8'), /response\.completed/);
        },
      },
    ],
  },
  {
    line: 'I.11',
    title: "Both OpenAI clients get an upstream's error in their own shape",
    threads: [],
    client: 'openai-chat',
    steps: [
      {
        request: { body: { messages: QUESTION.messages } },
        script: fails('invalid', 'the colour is not supported'),
        expect: 'error',
        check(seen) {
          assert.deepEqual([seen.status, seen.error?.type], [400, 'invalid_request_error']);
          assert.match(seen.error?.message ?? '', /the colour is not supported/);
        },
      },
    ],
  },
];
