import { describe, expect, it } from 'vitest';
import { callRecordSchema } from '#shared/domain/call-record.ts';
import { recordedRunSchema, runToCalls } from './run-to-calls.ts';

const origin = { projectId: 'default', runId: 'r1', model: 'gpt-4o', provider: null, startedAt: Date.UTC(2026, 0, 1) };
const call = (id: string, name: string, given: string) => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});
const convert = (messages: unknown[], rest: object = {}) =>
  runToCalls(recordedRunSchema.parse({ messages, ...rest }), origin);

describe('a recorded run', () => {
  const messages = [
    { role: 'system', content: 'You book flights.' },
    { role: 'user', content: 'Book two.' },
    {
      role: 'assistant',
      content: 'On it.',
      tool_calls: [call('a', 'find', '{"to":"TXL"}'), call('b', 'find', '{"to":')],
    },
    { role: 'tool', tool_call_id: 'a', name: 'find', content: '[]' },
    { role: 'tool', tool_call_id: 'b', name: 'find', content: 'Error: bad JSON' },
    { role: 'assistant', content: null, tool_calls: [call('c', 'pay', '')] },
    { role: 'tool', tool_call_id: 'c', content: 'ok' },
    { role: 'assistant', content: 'Done.' },
    { role: 'user', content: '###STOP###' },
  ];

  it('becomes one call for each assistant turn, with everything before it as the request', () => {
    const records = convert(messages);
    expect(records.map(({ call: { stopReason } }) => stopReason)).toEqual(['tool_use', 'tool_use', 'end_turn']);
    expect(records[0]?.request).toEqual({
      model: 'gpt-4o',
      system: [{ type: 'text', text: 'You book flights.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Book two.' }] }],
    });
    const said = [
      { type: 'text', text: 'On it.' },
      { type: 'tool_use', id: 'a', name: 'find', input: { to: 'TXL' } },
      { type: 'tool_use', id: 'b', name: 'find', input: { __unparsedToolInput: { raw: '{"to":', len: 6 } } },
    ];
    expect(records[0]?.response).toMatchObject({ role: 'assistant', content: said, stop_reason: 'tool_use' });
    expect(records[1]?.request?.['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Book two.' }] },
      { role: 'assistant', content: said },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: '[]' },
          { type: 'tool_result', tool_use_id: 'b', content: 'Error: bad JSON' },
        ],
      },
    ]);
    expect(records[1]?.response?.['content']).toEqual([{ type: 'tool_use', id: 'c', name: 'pay', input: {} }]);
  });

  it('gives calls that fit the schema, in one session, in order, the same ones every time', () => {
    const records = convert(messages);
    for (const record of records) expect(callRecordSchema.parse(record)).toEqual(record);
    expect(new Set(records.map((record) => record.call.sessionId)).size).toBe(1);
    const ids = records.map((record) => record.call.callId);
    expect(ids.toSorted()).toEqual(ids);
    expect(convert(messages)).toEqual(records);
    const tokens = records.map((record) => record.call.inputTokensEstimate);
    expect(tokens.toSorted((left, right) => left - right)).toEqual(tokens);
  });

  it('says that a request without recorded tools is not whole', () => {
    const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object' } } }];
    expect(convert(messages)[0]?.call.completeness.truncated).toBe(true);
    const [record] = convert(messages, { tools });
    expect(record?.call.completeness.truncated).toBe(false);
    expect(record?.request?.['tools']).toEqual([{ name: 'find', input_schema: { type: 'object' } }]);
  });

  it('keeps images, unknown parts, late instructions and refusals', () => {
    const [record] = convert([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      { role: 'developer', content: [{ type: 'input_audio', data: 'x' }] },
      { role: 'assistant', content: '', refusal: 'I cannot.' },
    ]);
    expect(record?.request?.['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: '{"type":"input_audio","data":"x"}' }] },
    ]);
    expect(record?.response?.['content']).toEqual([{ type: 'text', text: 'I cannot.' }]);
  });
});
