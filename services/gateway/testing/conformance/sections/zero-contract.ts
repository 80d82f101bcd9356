import assert from 'node:assert/strict';
import { PREFIX } from '../activate-prefixes.ts';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase, Step } from '../conformance-case.ts';
import { ask, isForwarded, itemsOf, READ_FILE, single, step, textOf, tool, user } from '../requests.ts';
import { fails, says } from '../script.ts';
import { list } from '../sent-request.ts';

const DONE = says(answer([text('Done.')]));
const BILLING = 'x-anthropic-billing-header: cc_version=2.1.197.abc; cc_entrypoint=cli';
const HOSTILE =
  '<script>alert(1)</script> \'; DROP TABLE users; -- ../../etc/passwd {{7*7}} <!ENTITY a SYSTEM "file:///">';
/** What current models' requests carry, which reaches any model behind an alias. */
const CURRENT = {
  max_tokens: 64_000,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  tools: [tool('find', undefined, { strict: true }), { ...READ_FILE, defer_loading: true }],
  metadata: { user_id: '{"session_id":"7f3d2c1a-0000-4000-8000-000000000002"}' },
};
const BETAS = 'claude-code-20250219,context-management-2025-06-27,a-beta-of-tomorrow-2030-01-01';

const listStep = (headers: Record<string, string>): Step => ({
  request: { method: 'GET', path: '/v1/models?limit=1000', headers: { 'x-api-key': '', ...headers } },
  expect: 'other',
  check(seen, { alias }) {
    assert.equal(seen.status, 200);
    assert.ok(seen.elapsedMs < 3_000);
    const ids = list(seen.body?.['data']).map(({ id }) => id);
    assert.ok(ids.includes(alias) && /claude|anthropic/i.test(alias));
  },
});

/** The demands of the gateway protocol that Anthropic publishes for Claude Code. */
export const CONTRACT: readonly ConformanceCase[] = [
  single(
    '0.1',
    'Inference is POST /v1/messages whatever the query says',
    [],
    step({ ...ask('go'), path: '/v1/messages?beta=true&x=%20y' }, DONE, (seen) => assert.equal(textOf(seen), 'Done.')),
  ),
  single(
    '0.2',
    'HEAD /api/hello does no harm, and is no call',
    [],
    {
      request: { method: 'HEAD', path: '/api/hello' },
      expect: 'other',
      check: ({ status, record }) => assert.ok(status < 500 && record === null),
    },
    { modes: ['whole'] },
  ),
  single(
    '0.3',
    'A stream is never silent for long: pings come while the upstream thinks',
    [],
    {
      request: ask('go'),
      script: says(answer([text('Done.')]), { headersDelayMs: 2_400 }),
      check({ events, pings }) {
        assert.ok(pings >= 2, `${pings} pings`);
        assert.equal(events[0]?.type, 'message_start');
      },
    },
    { modes: ['streamed'], isTimed: true },
  ),
  {
    line: '0.4',
    title: 'The credential is taken from either header or both, and names that clients show are listed',
    threads: [],
    modes: ['whole'],
    steps: [
      listStep({ 'x-api-key': 'k' }),
      listStep({ authorization: 'Bearer k' }),
      listStep({ 'x-api-key': 'k', authorization: 'Bearer k' }),
    ],
  },
  single(
    '0.5',
    'The headers that say which agent calls are kept with the call',
    [],
    step(
      {
        ...ask('go'),
        headers: {
          'x-claude-code-session-id': '11111111-2222-4333-8444-555555555555',
          'x-claude-code-agent-id': 'agent-7',
          'x-claude-code-parent-agent-id': 'agent-1',
        },
      },
      DONE,
      ({ record }) => {
        const { sessionId, agentId, parentAgentId } = record?.call ?? {};
        assert.deepEqual(
          [sessionId, agentId, parentAgentId],
          ['11111111-2222-4333-8444-555555555555', 'agent-7', 'agent-1'],
        );
      },
    ),
  ),
  single(
    '0.6',
    'Version and betas reach Anthropic as they are, and no other vendor',
    [],
    step(
      {
        ...ask('go', { a_field_of_tomorrow: 1 }),
        headers: { 'anthropic-beta': BETAS, 'anthropic-version': '2026-10-21' },
      },
      DONE,
      ({ received, sentText }, { column }) => {
        const headers = received.at(-1)?.headers ?? {};
        switch (column.name) {
          case 'anthropic-messages':
            assert.deepEqual([headers['anthropic-beta'], headers['anthropic-version']], [BETAS, '2026-10-21']);
            assert.match(sentText, /a_field_of_tomorrow/);
            return;
          case 'anthropic on bedrock':
            assert.match(sentText, /"anthropic_beta":\["context-management-2025-06-27"\]/);
            return;
          case 'anthropic on vertex':
            assert.equal(headers['anthropic-beta'], 'context-management-2025-06-27');
            return;
          default:
            assert.equal(headers['anthropic-beta'], undefined);
            assert.doesNotMatch(sentText, /a_field_of_tomorrow/);
        }
      },
    ),
  ),
  single(
    '0.7',
    "The attribution block stays first and untouched for Anthropic's models, and other vendors do not get it",
    [],
    step(
      ask('go', {
        system: [
          { type: 'text', text: BILLING },
          { type: 'text', text: 'IDENTITY', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'MAIN', cache_control: { type: 'ephemeral' } },
        ],
      }),
      DONE,
      ({ received, sentText, sent }, setting) => {
        if (isForwarded(setting)) {
          const [first, second] = list(received.at(-1)?.body['system']);
          assert.deepEqual(first, { type: 'text', text: BILLING });
          assert.deepEqual(second, { type: 'text', text: 'IDENTITY', cache_control: { type: 'ephemeral' } });
        } else {
          assert.doesNotMatch(sentText, /billing-header/);
          assert.match(sent.system, /IDENTITY\s+MAIN/);
        }
      },
    ),
  ),
  single(
    '0.7',
    'A prefix of the policy follows the attribution block as a block of its own, and leads any other prompt',
    [],
    step(
      ask('go', {
        system: [
          { type: 'text', text: BILLING },
          { type: 'text', text: 'IDENTITY', cache_control: { type: 'ephemeral' } },
        ],
      }),
      DONE,
      ({ received, sentText, sent }, setting) => {
        if (isForwarded(setting)) {
          const blocks = list(received.at(-1)?.body['system']).map(({ text: said }) => said);
          assert.deepEqual(blocks, [BILLING, PREFIX, 'IDENTITY']);
        } else {
          assert.doesNotMatch(sentText, /billing-header/);
          assert.ok(/^Make one[^I]+IDENTITY\s*$/.test(sent.system), sent.system);
        }
      },
    ),
    { target: 'prefixed' },
  ),
  single(
    '0.8',
    'Fields that are meant for current models reach no strict server, and are no error',
    [],
    step(ask([user('go'), { role: 'system', content: 'LATER' }], CURRENT), says(answer([call('find', {})])), (seen) =>
      assert.match(seen.sentText, /LATER/),
    ),
    { target: 'reasoning' },
  ),
  {
    line: '0.9',
    title: "An upstream's words stay in the error, in the envelope that clients read",
    threads: [],
    steps: [
      'messages.1.content.0: Invalid `signature` in `thinking` block',
      'adaptive thinking is not supported on this model',
      "messages.3: role 'system' is not supported here",
    ].map((words) => ({
      request: ask('go'),
      script: fails('invalid', words),
      expect: 'error',
      check(seen) {
        assert.equal(seen.status, 400);
        assert.ok(seen.error?.message.includes(words), seen.error?.message);
        assert.deepEqual([seen.body?.['type'], seen.error?.type], ['error', 'invalid_request_error']);
      },
    })),
  },
  single(
    '0.10',
    'Source code, markup and paths in a body are nothing to guard against',
    [],
    step(ask(HOSTILE, { system: HOSTILE }), says(answer([text(HOSTILE)])), (seen) => {
      assert.equal(itemsOf(seen, 'text')[0]?.text, HOSTILE);
      assert.equal(textOf(seen), HOSTILE);
    }),
  ),
];
