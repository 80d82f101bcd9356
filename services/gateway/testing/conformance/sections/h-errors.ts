import assert from 'node:assert/strict';
import { answer, text } from '../answer.ts';
import type { ColumnName } from '../columns.ts';
import type { ConformanceCase, Observed, Step } from '../conformance-case.ts';
import { because, exempt } from '../documents.ts';
import { ask } from '../requests.ts';
import { fails, type Script, says } from '../script.ts';

/** How servers of each format say that a conversation is too long: 9,000 tokens where 8,192 fit. */
const OVERFLOWS: Readonly<Record<ColumnName, string>> = {
  'anthropic-messages': 'prompt is too long: 9000 tokens > 8192 maximum',
  'openai-chat':
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
  'openai-responses':
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
  gemini: 'The input token count (9000) exceeds the maximum number of tokens allowed (8192).',
  'bedrock-converse':
    'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. max input tokens: 8192, request input token count: 9000',
  'anthropic on bedrock': 'prompt is too long: 9000 tokens > 8192 maximum',
  'anthropic on vertex': 'prompt is too long: 9000 tokens > 8192 maximum',
};

/** Input and output together, as servers say it that count them together. */
const OPENAI_SUM =
  "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (5000 in the messages, 4000 in the completion). Please reduce the length of the messages or completion.";
const SUM =
  'input length and `max_tokens` exceed context limit: 5000 + 4000 > 8192, decrease input length or `max_tokens` and try again';

const errorStep = (script: Script, check: (seen: Observed) => void): Step => ({
  request: ask('go'),
  script,
  expect: 'error',
  check,
});

/** Errors, silence and departures as real clients meet them. */
export const CLIENT_ERRORS: readonly ConformanceCase[] = [
  {
    line: '73',
    title: 'An overflow is worded as clients know it, with its numbers',
    threads: [],
    steps: [
      {
        request: ask('go'),
        script: (_received, { name }) => fails('invalid', OVERFLOWS[name]),
        expect: 'error',
        check(seen) {
          assert.deepEqual([seen.status, seen.error?.message], [400, 'prompt is too long: 9000 tokens > 8192 maximum']);
        },
      },
    ],
  },
  {
    line: '73',
    title: 'Input and output that exceed the window together are worded as clients know it',
    threads: [],
    notApplicable: exempt({
      gemini: because('a model has a limit for its input and another for its output', 'geminiModels'),
    }),
    steps: [
      {
        request: ask('go'),
        script: (_received, { name }) => fails('invalid', name.startsWith('openai') ? OPENAI_SUM : SUM),
        expect: 'error',
        check(seen) {
          assert.equal(seen.status, 400);
          assert.match(
            seen.error?.message ?? '',
            /^input length and `max_tokens` exceed context limit: 5000 \+ 4000 > 8192/,
          );
        },
      },
    ],
  },
  {
    line: '74',
    title: 'Overload and rate limits have the status, type and retry headers that clients plan by',
    threads: [],
    steps: [
      errorStep(fails('rate_limit', 'slow down', { headers: { 'retry-after': '17' } }), (seen) => {
        assert.deepEqual([seen.status, seen.error?.type, seen.headers['retry-after']], [429, 'rate_limit_error', '17']);
      }),
      errorStep(fails('overloaded', 'overloaded now'), (seen) => {
        assert.deepEqual([seen.status, seen.error?.type], [529, 'overloaded_error']);
      }),
      errorStep(fails('server', 'Traceback (most recent call last):\n  File "/srv/x.py", line 1\nKeyError'), (seen) => {
        assert.ok(seen.status >= 500 && seen.error?.type === 'api_error', `${seen.status} ${seen.error?.type}`);
        assert.doesNotMatch(seen.error?.message ?? '', /\/srv\/x\.py|\n/);
      }),
    ],
  },
  {
    line: '79',
    title: 'An upstream that falls silent is given up after pings',
    threads: [],
    isTimed: true,
    steps: [
      {
        request: ask('go'),
        script: says(answer([text('So ', 'it ', 'is.')]), { silentAfter: 3 }),
        expect: 'broken',
        check(seen, { mode }) {
          assert.ok(seen.elapsedMs > 1_000 && seen.elapsedMs < 8_000, `it took ${seen.elapsedMs} ms`);
          if (mode === 'streamed') assert.ok(seen.pings >= 3, `${seen.pings} pings`);
        },
      },
    ],
  },
  {
    line: '79',
    title: 'A client that goes away ends the call upstream',
    threads: [],
    modes: ['streamed'],
    isTimed: true,
    steps: [
      {
        request: { ...ask('go'), hangsUpAfter: 40 },
        script: says(answer([text('So ', 'it ', 'is.')]), { silentAfter: 4 }),
        expect: 'other',
        async check(seen) {
          assert.equal(seen.record?.call.status, 'client_cancelled');
          assert.equal(await seen.received.at(-1)?.ended, 'cancelled');
        },
      },
    ],
  },
];
