import assert from 'node:assert/strict';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase, Observed, Step } from '../conformance-case.ts';
import {
  ask,
  assertOrder,
  assistant,
  callsOf,
  isForwarded,
  itemsOf,
  READ_FILE,
  result,
  single,
  step,
  textOf,
  turnOf,
  user,
  uses,
} from '../requests.ts';
import { runToolLoop } from '../run-tool-loop.ts';
import { fails, says } from '../script.ts';
import { counted } from './f-counting.ts';

const DONE = says(answer([text('Done.')]));
const TOOLS = { tools: [READ_FILE] };
const BILLING = 'x-anthropic-billing-header: cc_version=2.1.197.abc; cc_entrypoint=cli';

const threadStep = (thread: object, messages: readonly object[]): Step => ({
  request: ask(messages, { thread }),
  expect: 'error',
  check(seen) {
    assert.equal(seen.status, 400);
    const details = seen.error?.details as { error_code?: string; unsupported?: unknown } | undefined;
    assert.equal(details?.error_code, 'thread_unsupported_request');
    assert.ok(Array.isArray(details.unsupported));
  },
});

const versionStep = (headers: Record<string, string>): Step =>
  step(
    () => ({
      ...ask('go', { a_field_of_tomorrow: { deep: true } }),
      headers: { 'anthropic-beta': 'claude-code-20250219,a-beta-of-tomorrow-2030-01-01', ...headers },
    }),
    DONE,
  );

/** What real clients send: conversations, threads, counts, retries. */
export const CLIENT_REQUESTS: readonly ConformanceCase[] = [
  single(
    '62',
    'System entries among the messages reach the model, in their places',
    [],
    step(
      ask(
        [
          user('MARK1'),
          { role: 'system', content: 'MARK2' },
          assistant('MARK3'),
          { role: 'system', content: [{ type: 'text', text: 'MARK4' }] },
          user('MARK5'),
        ],
        { system: 'LEADING' },
      ),
      DONE,
      (seen) => {
        assertOrder(seen, 'MARK1', 'MARK2', 'MARK3', 'MARK4', 'MARK5');
        assert.match(seen.sent.system, /LEADING/);
      },
    ),
  ),
  {
    line: '63',
    title: 'Both protocol editions, both places of the key, unknown betas and fields are no error',
    threads: [],
    steps: [
      versionStep({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k' }),
      versionStep({ 'anthropic-version': '2026-10-21', authorization: 'Bearer k' }),
      versionStep({ 'anthropic-version': '2026-10-21', authorization: 'Bearer k', 'x-api-key': 'k' }),
    ],
  },
  {
    line: '64',
    title: 'A thread is refused in the way on which SDKs send the whole conversation',
    threads: [],
    modes: ['whole'],
    steps: [
      threadStep({ type: 'create' }, [user('go')]),
      threadStep({ type: 'continue', previous_message_id: 'msg_1' }, [user(result('toolu_1', 'x'))]),
      step(ask('go'), DONE),
    ],
  },
  {
    line: '64',
    title: "The tool runner of Anthropic's own client works to its end",
    threads: [],
    steps: [
      {
        request: { method: 'GET', path: '/v1/models' },
        script: ({ bodyText }) =>
          bodyText.includes('content of a.ts')
            ? says(answer([text('It is read.')]))
            : says(answer([text('I read.'), call('read_file', { path: 'a.ts' })])),
        expect: 'other',
        async check(_seen, setting) {
          assert.deepEqual(await runToolLoop(setting), { ran: [{ path: 'a.ts' }], said: 'It is read.' });
        },
      },
    ],
  },
  single(
    '65',
    'A count without system and with an empty list of tools is answered here',
    [],
    {
      request: { path: '/v1/messages/count_tokens?beta=true', body: { messages: [user('hello')], tools: [] } },
      expect: 'other',
      check(seen) {
        assert.equal(seen.status, 200);
        assert.ok(counted(seen) > 0 && counted(seen) < 100);
      },
    },
    { modes: ['whole'] },
  ),
  {
    line: '66',
    title: 'The whole answer that clients ask for after a broken stream is served, however late',
    threads: [],
    modes: ['streamed'],
    isTimed: true,
    steps: [
      { request: ask('go'), script: says(answer([text('So ', 'it')]), { cutAfter: 4 }), expect: 'broken' },
      {
        request: ask('go', { stream: false, max_tokens: 64_000 }),
        script: says(answer([text('Whole.')]), { headersDelayMs: 700 }),
        expect: 'other',
        check(seen) {
          assert.equal(seen.status, 200);
          assert.match(JSON.stringify(seen.body), /"text":"Whole\."/);
        },
      },
    ],
  },
  {
    line: '67',
    title: 'A broken upstream never looks like a finished answer, and no open call is closed',
    threads: [],
    steps: [2, 4, 7].map((cutAfter) => ({
      request: ask('read', TOOLS),
      script: says(answer([text('I read.'), call('read_file', { path: 'services/gateway/main.ts' })]), { cutAfter }),
      expect: 'broken',
      check(seen: Observed) {
        const opened = seen.events.filter(
          (event) => event.type === 'content_block_start' && event.content_block.type === 'tool_use',
        );
        const indexes = opened.flatMap((event) => (event.type === 'content_block_start' ? [event.index] : []));
        const closed = seen.events.filter(
          (event) => event.type === 'content_block_stop' && indexes.includes(event.index),
        );
        const args = seen.events.flatMap((event) =>
          event.type === 'content_block_delta' && event.delta.type === 'input_json_delta'
            ? [event.delta.partial_json]
            : [],
        );
        if (!isWholeJson(args.join(''))) assert.deepEqual(closed, [], 'a call was closed before it was complete');
      },
    })),
  },
  {
    line: '68',
    title: 'Ids of calls are unique over the conversation, whatever the upstream sends',
    threads: [],
    steps: [
      step(
        ask(
          [user('read'), assistant(uses('toolu_known', 'read_file', { path: 'a' })), user(result('toolu_known', 'x'))],
          TOOLS,
        ),
        says(
          answer([
            call('read_file', { path: 'b' }, { id: 'toolu_known' }),
            call('read_file', { path: 'c' }, { id: 'toolu_known' }),
          ]),
        ),
        (seen) => {
          const ids = callsOf(seen).map(({ id }) => id);
          assert.equal(new Set([...ids, 'toolu_known']).size, 3, ids.join(' '));
        },
      ),
      step(
        ask('read', TOOLS),
        says(answer([call('read_file', { path: 'b' }, { id: null }), call('read_file', { path: 'c' }, { id: null })])),
        (seen) => assert.equal(new Set(callsOf(seen).map(({ id }) => id)).size, 2),
      ),
    ],
  },
  single(
    '69',
    'Results are paired by their ids, in whatever order they come',
    [],
    step(
      ask(
        [
          user('go'),
          assistant(uses('toolu_one', 'read_file', { path: 'one' }), {
            input: { path: 'two' },
            name: 'read_file',
            id: 'toolu_two',
            type: 'tool_use',
          }),
          user(
            { content: 'TEXT2', tool_use_id: 'toolu_two', type: 'tool_result' },
            result('toolu_one', 'TEXT1', { is_error: false }),
          ),
        ],
        TOOLS,
      ),
      DONE,
      (seen) => {
        const results = itemsOf(seen, 'result');
        for (const [index, made] of itemsOf(seen, 'call').entries()) {
          // Formats without ids pair by order.
          const given = results.find(({ id }) => id !== null && id === made.id) ?? results[index];
          const expected = JSON.stringify(made.input).includes('one') ? 'TEXT1' : 'TEXT2';
          assert.equal(given?.text, expected);
        }
      },
    ),
  ),
  {
    line: '70',
    title: "An upstream's 401 or 403 is an error of the configuration, and never the client's own",
    threads: [],
    steps: (['unauthenticated', 'forbidden'] as const).map((fault) => ({
      request: ask('go'),
      script: fails(fault, 'the key sk-secret-1234567890abcdef is not valid'),
      expect: 'error',
      check(seen: Observed) {
        assert.ok(seen.status >= 500, `status ${seen.status}`);
        assert.match(seen.error?.message ?? '', /configuration/i);
        assert.doesNotMatch(seen.error?.message ?? '', /sk-secret-1234567890abcdef/);
        assert.equal(seen.headers['x-should-retry'], 'false');
      },
    })),
  },
  {
    line: '71',
    title: 'The billing line is stripped from what other models get, and does not change their prompt',
    threads: [],
    steps: [BILLING, BILLING.replace('abc', 'def')].map((line) =>
      step(
        ask('go', {
          system: [
            { type: 'text', text: line },
            { type: 'text', text: 'MAIN', cache_control: { type: 'ephemeral' } },
          ],
        }),
        DONE,
        (seen, setting) => {
          const earlier = setting.before.at(-2);
          if (isForwarded(setting))
            assert.ok(seen.sent.system.startsWith(line), 'the billing line is not the first block');
          else {
            assert.doesNotMatch(seen.sentText, /billing/);
            if (earlier !== undefined) assert.equal(seen.sentText, earlier.sentText);
          }
        },
      ),
    ),
  },
  {
    line: '72',
    title: 'Names of models are answered one by one, too, and knocking needs no key',
    threads: [],
    modes: ['whole'],
    steps: [
      {
        request: ({ alias }) => ({ method: 'GET', path: `/v1/models/${alias}` }),
        expect: 'other',
        check(seen, { alias }) {
          assert.deepEqual([seen.status, seen.body?.['type'], seen.body?.['id']], [200, 'model', alias]);
        },
      },
      {
        request: { method: 'HEAD', path: '/', headers: { 'x-api-key': '' } },
        expect: 'other',
        check: ({ status, elapsedMs }) => assert.ok(status === 200 && elapsedMs < 3_000),
      },
    ],
  },
  {
    line: '66',
    title: 'A turn that is sent again whole gives the same conversation',
    threads: [],
    modes: ['whole'],
    steps: [
      step(ask('read', TOOLS), says(answer([call('read_file', { path: 'a' })]))),
      step(
        ({ before }) => {
          const [first] = before;
          assert.ok(first !== undefined);
          return ask([user('read'), turnOf(first), user(result(callsOf(first)[0]?.id ?? '', 'x'))], TOOLS);
        },
        DONE,
        (seen) => {
          assert.equal(textOf(seen), 'Done.');
          assert.equal(itemsOf(seen, 'call').length, 1);
        },
      ),
    ],
  },
];

function isWholeJson(said: string): boolean {
  try {
    JSON.parse(said);
    return true;
  } catch {
    return false;
  }
}
