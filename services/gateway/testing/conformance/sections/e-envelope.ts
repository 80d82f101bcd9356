import assert from 'node:assert/strict';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase, Observed } from '../conformance-case.ts';
import { because, exempt, only } from '../documents.ts';
import { ask, READ_FILE, single, step, textOf } from '../requests.ts';
import { says } from '../script.ts';

const CACHED = { input: 100, cacheRead: 900, cacheWrite: 0, output: 30 };
const TOOLS = { tools: [READ_FILE] };

function countOf({ events }: Observed, type: string): number {
  return events.filter((event) => event.type === type).length;
}

function startUsage({ events }: Observed): Readonly<Record<string, unknown>> {
  const start = events.find((event) => event.type === 'message_start');
  return start?.type === 'message_start' ? { ...start.message.usage } : {};
}

/** Envelope, stop reasons and usage. */
export const ENVELOPE: readonly ConformanceCase[] = [
  single(
    '38',
    'There is exactly one message_start',
    ['BerriAI/litellm#32357'],
    step(ask('go'), says(answer([text('A', 'B')], { deviations: ['started_twice'] })), (seen) =>
      assert.equal(countOf(seen, 'message_start'), 1),
    ),
    { modes: ['streamed'] },
  ),
  single(
    '39',
    'Usage has all its keys at the start and at the end',
    ['BerriAI/litellm#24176'],
    step(ask('go'), says(answer([text('A')], { usage: CACHED })), (seen, { mode }) => {
      const keys = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'];
      const final: Readonly<Record<string, unknown>> = { ...seen.message?.usage };
      for (const key of keys) assert.equal(typeof final[key], 'number', `${key} at the end`);
      if (mode === 'whole') return;
      for (const key of keys) assert.equal(typeof startUsage(seen)[key], 'number', `${key} at the start`);
    }),
  ),
  single(
    '40',
    'An answer cut off by its limit stops with max_tokens',
    ['raullenchai/Rapid-MLX#826'],
    step(ask('go'), says(answer([text('So it')], { stop: 'length' })), (seen) =>
      assert.equal(seen.message?.stop_reason, 'max_tokens'),
    ),
  ),
  single(
    '41',
    'The stop sequence that matched is told',
    ['vllm-project/vllm#48273'],
    step(
      ask('go', { stop_sequences: ['###'] }),
      says(answer([text('So.')], { stop: 'stop_sequence', stopSequence: '###' })),
      (seen) => {
        assert.equal(seen.message?.stop_reason, 'stop_sequence');
        assert.equal(seen.message?.stop_sequence, '###');
      },
    ),
    {
      notApplicable: exempt({
        'openai-responses': because('there is no parameter for stop sequences', 'responses'),
        gemini: because('finishReason STOP is said of natural stops and of stop sequences alike', 'generateContent'),
      }),
    },
  ),
  single(
    '42',
    'Arguments that are no JSON are handed on as they are, and are no error of the gateway',
    ['vllm-project/vllm#48273'],
    {
      request: ask('go', TOOLS),
      script: says(answer([call('read_file', ['{"path": ', '"a.t'])])),
      check(seen, { mode, column }) {
        if (mode === 'whole' && !column.isAnthropic) {
          const block = seen.message?.content[0];
          assert.ok(block?.type === 'tool_use');
          assert.deepEqual(block.input, { __unparsedToolInput: { raw: '{"path": "a.t', len: 13 } });
        }
      },
    },
    {
      notApplicable: ({ name, isAnthropic }, mode) => {
        if (name === 'gemini') return because('args is an object, and no text that could be broken', 'functionCall');
        if (mode === 'streamed') return null;
        if (isAnthropic) return because('a whole answer has the input as an object', 'messages');
        return name === 'bedrock-converse' ? because('a whole answer has the input as a document', 'toolUse') : null;
      },
    },
  ),
  single(
    '43',
    'An answer without content is an empty text block',
    ['raullenchai/Rapid-MLX#826'],
    step(ask('go'), says(answer([])), (seen) => {
      assert.deepEqual(
        seen.message?.content.map(({ type }) => type),
        ['text'],
      );
      assert.equal(textOf(seen), '');
    }),
  ),
  single(
    '44',
    'input_tokens are without those of the cache',
    ['chenyme/grok2api#751', 'ericc-ch/copilot-api#88', 'sgl-project/sglang#25876'],
    step(ask('go'), says(answer([text('A')], { usage: CACHED })), (seen) => {
      assert.equal(seen.message?.usage.input_tokens, 100);
      assert.equal(seen.message?.usage.cache_read_input_tokens, 900);
      assert.equal(seen.record?.call.usage?.inputTokens, 100);
      assert.equal(seen.record?.call.usage?.cacheReadInputTokens, 900);
    }),
  ),
  single(
    '45',
    'Cache tokens are counted once over the whole stream',
    [
      'envoyproxy/ai-gateway#2236',
      'envoyproxy/ai-gateway#2239',
      'envoyproxy/ai-gateway#2241',
      'envoyproxy/ai-gateway#2279',
    ],
    step(ask('go'), says(answer([text('A')], { usage: CACHED })), (seen) => {
      const { message } = seen;
      const total = (message?.usage.input_tokens ?? 0) + (message?.usage.cache_read_input_tokens ?? 0);
      assert.equal(total, 1_000);
      const start = startUsage(seen)['cache_read_input_tokens'];
      assert.ok(start === undefined || start === 0 || start === 900, `${String(start)} at the start`);
      assert.equal(seen.record?.call.usage?.outputTokens, 30);
    }),
  ),
  single(
    '46',
    'pause_turn and citations are kept, and the usage is the final one',
    ['experientiallabs/experiential#690'],
    step(
      ask('search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
      says(
        answer([{ type: 'text', pieces: ['cited'], citedUrl: 'https://example.org/a' }], {
          stop: 'pause',
          usage: { output: 77 },
        }),
      ),
      (seen) => {
        assert.equal(seen.message?.stop_reason, 'pause_turn');
        const block = seen.message?.content[0];
        assert.ok(block?.type === 'text');
        assert.equal(block.citations?.length, 1);
        assert.equal(seen.message?.usage.output_tokens, 77);
      },
    ),
    {
      notApplicable: only(['anthropic-messages', 'anthropic on bedrock', 'anthropic on vertex'], ({ name }) =>
        name === 'openai-chat'
          ? because('no finish_reason says that a turn is paused', 'chatStreaming')
          : name === 'openai-responses'
            ? because('no status says that a turn is paused', 'responses')
            : name === 'gemini'
              ? because('no finishReason says that a turn is paused', 'generateContent')
              : because('no stopReason says that a turn is paused', 'messageStop'),
      ),
    },
  ),
];
