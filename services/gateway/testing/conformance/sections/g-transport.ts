import assert from 'node:assert/strict';
import { answer, call, text, thought } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { because, only } from '../documents.ts';
import { ask, assertLoss, callsOf, isForwarded, kindsOf, READ_FILE, single, step, textOf, tool } from '../requests.ts';
import { fails, says } from '../script.ts';

const DONE = says(answer([text('Done.')]));
const MULTI_BYTE = 'žluťoučký kůň 🐎 漢字 — e\u0301 done';
const FAST_MS = 3_000;
const WEB_SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };

/** Transport and errors. */
export const TRANSPORT: readonly ConformanceCase[] = [
  single('52', 'What cannot be translated ends in an error at once, and never hangs', ['langwatch/langwatch#6184'], {
    request: ask('go'),
    script: says(answer([text('So ', 'it ', 'is.')]), { garbageAfter: 3 }),
    expect: 'broken',
    check: ({ elapsedMs }) => assert.ok(elapsedMs < FAST_MS, `it took ${elapsedMs} ms`),
  }),
  single(
    '53',
    'A client of a slow model hears pings before the first event',
    ['ollama/ollama#13949', 'anthropics/claude-code#51239', 'anthropics/claude-code#53020'],
    {
      request: ask('go'),
      script: says(answer([text('Done.')]), { headersDelayMs: 1_500 }),
      check: ({ pings }) => assert.ok(pings >= 1, 'no ping'),
    },
    { modes: ['streamed'], isTimed: true },
  ),
  single(
    '54',
    "The stream of vLLM's own server is read without damage",
    ['BerriAI/litellm#30014', 'BerriAI/litellm#30043'],
    step(
      ask('go', { tools: [READ_FILE] }),
      says(
        answer([thought(['Hm', '.']), text('I ', 'read.'), call('read_file', { path: 'a.ts' })], {
          deviations: ['vllm'],
        }),
      ),
      (seen) => {
        assert.deepEqual(kindsOf(seen), ['thinking', 'text', 'tool_use']);
        assert.equal(seen.message?.usage.output_tokens, 12);
      },
    ),
    {
      modes: ['streamed'],
      notApplicable: only(['openai-chat'], () => because("hosted_vllm is vLLM's Chat Completions server", 'vllm')),
    },
  ),
  single('55', "An upstream's error is handed on with its status and words", ['sgl-project/sglang#25876'], {
    request: ask('go'),
    script: fails('invalid', 'messages.3: the colour of this message is not supported'),
    expect: 'error',
    check(seen) {
      assert.equal(seen.status, 400);
      assert.equal(seen.error?.type, 'invalid_request_error');
      assert.match(seen.error?.message ?? '', /the colour of this message is not supported/);
    },
  }),
  single(
    '56',
    'A web search that cannot be run is taken out, so that the model answers without it',
    [
      'envoyproxy/ai-gateway#1878',
      '8monkey-ai/hebo-platform#451',
      'router-for-me/CLIProxyAPI#364',
      'anthropics/claude-code#61624',
      'vllm-project/agentic-api#113',
    ],
    step(
      ask('Perform a web search for trim tabs', {
        tools: [WEB_SEARCH],
        tool_choice: { type: 'tool', name: 'web_search' },
      }),
      DONE,
      (seen, setting) => {
        assert.equal(textOf(seen), 'Done.');
        if (isForwarded(setting)) {
          assert.match(seen.sentText, /web_search_20250305/);
          return;
        }
        assert.deepEqual(seen.sent.tools, []);
        assert.doesNotMatch(seen.sentText, /tool_?choice/i);
        assertLoss(seen, /tools\/0/);
        assert.match(
          seen.sentText,
          /web.search[^"]*(?:not|no|without|unavailable)|(?:not|no|without|unavailable)[^"]*web.search/i,
        );
      },
    ),
  ),
  single(
    '57',
    'The list of models has the shape and the names that clients look for',
    ['theopenco/llmgateway#3310'],
    {
      request: { method: 'GET', path: '/v1/models?limit=1000' },
      expect: 'other',
      check(seen, { alias }) {
        assert.equal(seen.status, 200);
        const { data, has_more: hasMore, first_id: firstId } = seen.body ?? {};
        assert.ok(Array.isArray(data));
        const listed = (data as { id: string; type: string; display_name: string }[]).find(({ id }) => id === alias);
        assert.deepEqual([listed?.type, typeof listed?.display_name, hasMore], ['model', 'string', false]);
        assert.equal(typeof firstId, 'string');
      },
    },
    { modes: ['whole'] },
  ),
  {
    line: '58',
    title: 'HEAD / and HEAD /api/hello are answered',
    threads: ['Alishahryar1/free-claude-code#473'],
    modes: ['whole'],
    steps: ['/', '/api/hello'].map((path) => ({
      request: { method: 'HEAD', path },
      expect: 'other',
      check: ({ status }) => assert.ok(status < 300, `status ${status}`),
    })),
  },
  single(
    '59',
    'Characters that are cut apart between reads arrive whole',
    ['musistudio/claude-code-router (sse-utf8-chunk-boundary.test.mjs)', 'Kong/kong (split-frame fixtures)'],
    step(
      ask('go', { tools: [tool('say')] }),
      says(answer([text(MULTI_BYTE), call('say', { a: MULTI_BYTE })])),
      (seen) => {
        assert.equal(textOf(seen), MULTI_BYTE);
        assert.deepEqual(callsOf(seen)[0]?.input, { a: MULTI_BYTE });
      },
    ),
  ),
  single(
    '60',
    'Streams that run at once do not mix',
    ['BerriAI/litellm (comments on per-instance queues)'],
    {
      request: { ...ask('this is number-$NUMBER-', { tools: [tool('say')] }), times: 6 },
      script: ({ bodyText }) => {
        const number = /number-(\d)-/.exec(bodyText)?.[1] ?? 'none';
        return says(answer([text(`for-${number}-`, `still-${number}`), call('say', { number })]));
      },
      expect: 'other',
      check(seen) {
        const number = /number-(\d)-/.exec(JSON.stringify(seen.record?.request))?.[1];
        assert.equal(textOf(seen), `for-${number}-still-${number}`);
        assert.deepEqual(callsOf(seen)[0]?.input, { number });
      },
    },
    { isTimed: true },
  ),
  single(
    '61',
    'Messages of the same millisecond have ids of their own',
    ['musistudio/llms (msg_<Date.now()>)'],
    {
      request: { ...ask('go'), times: 12 },
      script: DONE,
      check(seen, { before }) {
        const ids = before.slice(-12).map(({ message }) => message?.id);
        assert.equal(new Set(ids).size, 12);
        assert.ok(typeof seen.message?.id === 'string');
      },
    },
    { isTimed: true },
  ),
];
