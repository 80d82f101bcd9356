import assert from 'node:assert/strict';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import {
  argumentPieces,
  ask,
  assertLoss,
  assistant,
  callsOf,
  IMAGE,
  isForwarded,
  itemsOf,
  PDF,
  PNG,
  READ_FILE,
  result,
  single,
  step,
  tool,
  user,
  uses,
} from '../requests.ts';
import { says } from '../script.ts';

const DONE = says(answer([text('Done.')]));
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const USER_ID = JSON.stringify({
  device_id: 'DEVICE',
  account_uuid: '',
  session_id: '7f3d2c1a-0000-4000-8000-000000000001',
});

/** Parameters of real clients' requests. */
export const CLIENT_PARAMETERS: readonly ConformanceCase[] = [
  {
    line: '75',
    title: 'Thinking and effort of every kind are taken by every target',
    threads: [],
    target: 'reasoning',
    steps: [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'xhigh' } },
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      { thinking: { type: 'disabled' }, output_config: { effort: 'medium' } },
    ].map((more) =>
      step(ask('go', { max_tokens: 64_000, ...more }), DONE, (seen, setting) => {
        const isMax = more.output_config?.effort === 'max';
        const isClaude = isForwarded(setting) || setting.column.name === 'bedrock-converse';
        if (isMax && !isClaude) assertLoss(seen, /approximated .*effort/);
      }),
    ),
  },
  single(
    '75',
    'Thinking and effort for a target that takes neither are told as lost',
    [],
    step(
      ask('go', {
        max_tokens: 64_000,
        thinking: { type: 'enabled', budget_tokens: 2_000 },
        output_config: { effort: 'max' },
      }),
      DONE,
      (seen, setting) => {
        assert.equal(seen.sent.maxTokens, 4_096);
        if (!isForwarded(setting)) assertLoss(seen, /thinking|effort/);
      },
    ),
    { target: 'small' },
  ),
  single(
    '76',
    'Fields and blocks of current clients are handled, with a loss where something is lost',
    [],
    step(
      ask(
        [
          user('go'),
          assistant(uses('toolu_a', 'read_file', { path: 'a' }), uses('toolu_b', 'find_tools', {})),
          user(
            result('toolu_a', [{ type: 'text', text: 'SEEN' }, IMAGE]),
            result('toolu_b', [{ type: 'tool_reference', tool_name: 'read_file' }]),
            { type: 'document', title: 'Plan', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
          ),
        ],
        {
          tools: [
            { ...READ_FILE, defer_loading: true, eager_input_streaming: true },
            tool('find_tools', undefined, { strict: true }),
          ],
          context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        },
      ),
      DONE,
      (seen, { column }) => {
        for (const kept of ['SEEN', PNG, PDF])
          assert.ok(seen.sentText.includes(kept), `${kept.slice(0, 12)} was not sent`);
        assert.ok(
          itemsOf(seen, 'result').some((item) => item.text.includes('read_file')),
          'tool_reference',
        );
        if (column.name === 'anthropic-messages')
          assert.match(seen.sentText, /context_management.*clear_thinking|defer_loading/);
        else assertLoss(seen, /context_management/);
        if (!column.isAnthropic) assertLoss(seen, /defer_loading/);
      },
    ),
  ),
  single(
    '77',
    'metadata.user_id names the session, and goes to no other vendor',
    [],
    step(ask('go', { metadata: { user_id: USER_ID } }), DONE, (seen, setting) => {
      assert.equal(seen.record?.call.sessionId, '7f3d2c1a-0000-4000-8000-000000000001');
      if (!isForwarded(setting)) assert.doesNotMatch(seen.sentText, /DEVICE|user_id|"metadata"/);
    }),
  ),
  single(
    '78',
    'Input of calls is streamed as input_json_delta, an empty one as {}',
    [],
    step(
      ask('go', { tools: [READ_FILE, tool('list')] }),
      says(answer([call('read_file', { path: 'a' }), call('list', [])])),
      (seen) => {
        const starts = seen.events.flatMap((event) =>
          event.type === 'content_block_start' && event.content_block.type === 'tool_use'
            ? [event.content_block.input]
            : [],
        );
        assert.deepEqual(starts, [{}, {}]);
        assert.equal(argumentPieces(seen).join(''), '{"path":"a"}{}');
        assert.equal(callsOf(seen).length, 2);
      },
    ),
    { modes: ['streamed'] },
  ),
  single(
    '80',
    'An output format and stop sequences are sent, or told as lost',
    [],
    step(
      ask('go', { output_config: { format: { type: 'json_schema', schema: SCHEMA } }, stop_sequences: ['###', 'END'] }),
      DONE,
      (seen, { column }) => {
        assert.match(seen.sentText, /json_?schema|responseSchema/i);
        assert.match(seen.sentText, /"a\\?"/);
        if (column.name === 'openai-responses') assertLoss(seen, /stop_sequences/);
        else assert.deepEqual(seen.sent.stops, ['###', 'END']);
      },
    ),
  ),
  single(
    '80',
    'StructuredOutput is a tool like any other',
    [],
    step(
      ask('go', { tools: [tool('StructuredOutput', SCHEMA)], tool_choice: { type: 'tool', name: 'StructuredOutput' } }),
      says(answer([call('StructuredOutput', { a: 'x' })])),
      (seen) => {
        assert.deepEqual(callsOf(seen)[0]?.input, { a: 'x' });
        assert.match(seen.sentText, /StructuredOutput.*StructuredOutput/);
      },
    ),
  ),
  single(
    '81',
    'No parameter goes to a server that does not know it',
    [],
    step(
      ask([user('go', IMAGE)], {
        system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        tools: [{ ...READ_FILE, cache_control: { type: 'ephemeral' } }],
        tool_choice: { type: 'any' },
        top_k: 5,
        temperature: 1,
        stop_sequences: ['END'],
        thinking: { type: 'adaptive' },
        output_config: { effort: 'high' },
        metadata: { user_id: USER_ID },
        service_tier: 'auto',
        context_management: { edits: [] },
        a_field_of_tomorrow: true,
      }),
      DONE,
      (seen, { column }) => {
        if (!column.isAnthropic)
          assert.doesNotMatch(seen.sentText, /a_field_of_tomorrow|service_tier|context_management/);
      },
    ),
    { target: 'reasoning' },
  ),
  single(
    '82',
    'Usage is asked for where servers want to be asked, and late usage reaches the client',
    [],
    step(ask('go'), says(answer([text('A')], { usage: { input: 321, output: 45 } })), (seen, { column, mode }) => {
      assert.deepEqual([seen.message?.usage.input_tokens, seen.message?.usage.output_tokens], [321, 45]);
      if (column.name === 'openai-chat' && mode === 'streamed') assert.match(seen.sentText, /"include_usage":true/);
    }),
  ),
];
