import { describe, expect, test } from 'vitest';
import {
  afterCalls,
  encode,
  LLAMA,
  pdf,
  png,
  question,
  result,
  tool,
  tools,
  use,
} from '../../testing/converse-request-script.ts';
import { encodeToolName } from '../tool-name.ts';

describe('the order of the conversation', () => {
  test('neighbours of one role become one message', () => {
    const { body, losses } = encode({
      messages: [question, { role: 'user', content: 'more' }, { role: 'assistant', content: 'a' }, question],
    });
    expect(body.messages[0]?.content).toEqual([{ text: 'question' }, { text: 'more' }]);
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(losses).toEqual([]);
  });

  test('a conversation that begins with the assistant gets a user turn before it', () => {
    const { body, losses } = encode({ messages: [{ role: 'assistant', content: 'Hello.' }, question] });
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(losses).toEqual(['repaired /messages/0']);
  });

  test('empty and blank text is removed, and a message without content is repaired', () => {
    const blocks = [
      { type: 'text', text: '' },
      { type: 'text', text: '  \n' },
    ];
    const { body, losses } = encode({ messages: [{ role: 'user', content: blocks }] });
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: '(no content)' }] }]);
    expect(losses).toEqual(['dropped /messages/0/content/1', 'repaired /messages/0']);
  });

  test('an assistant turn without content goes, and what was around it is one message', () => {
    const { body, losses } = encode({ messages: [question, { role: 'assistant', content: '' }, question] });
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'question' }, { text: 'question' }] }]);
    expect(losses).toEqual(['dropped /messages/1']);
  });

  test('an answer to be continued stays the last message', () => {
    const { body, losses } = encode({ messages: [question, { role: 'assistant', content: 'It is' }] });
    expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: [{ text: 'It is' }] });
    expect(losses).toEqual([]);
  });
});

describe('tool calls and results in the history', () => {
  test('results are paired by id whatever their order, contiguous, with accompanying blocks behind them', () => {
    const text = { type: 'text', text: 'meanwhile' };
    const { body, losses } = encode(
      afterCalls(['t1', 't2'], [text, result('t2', 'second'), png, result('t1', 'first')]),
    );
    expect(body.messages[1]?.content[0]).toEqual({ toolUse: { toolUseId: 't1', name: 'read', input: { path: 'a' } } });
    expect(body.messages[2]?.content).toEqual([
      { toolResult: { toolUseId: 't1', content: [{ text: 'first' }] } },
      { toolResult: { toolUseId: 't2', content: [{ text: 'second' }] } },
      { text: 'meanwhile' },
      { image: { format: 'png', source: { bytes: 'aGk=' } } },
    ]);
    expect(losses).toEqual([]);
  });

  test('an unanswered call is answered, also at the end, and a result without its call is kept as text', () => {
    const middle = encode(afterCalls(['t1'], [result('t9', 'orphan')]));
    expect(middle.body.messages[2]?.content).toMatchObject([
      { toolResult: { toolUseId: 't1', content: [{ text: expect.stringMatching(/No result/) }] } },
      { text: 'Result of an earlier tool call:' },
      { text: 'orphan' },
    ]);
    expect(middle.losses).toEqual(['repaired /messages/1/content/0', 'repaired /messages/2/content/0']);
    const end = encode({ tools, messages: [question, { role: 'assistant', content: [use('t1')] }] });
    expect(end.body.messages).toHaveLength(3);
  });

  test('a failed call is a status, and for models that take none it is text', () => {
    const request = afterCalls(['t1'], [result('t1', 'ENOENT', { is_error: true })]);
    const claude = encode(request);
    expect(claude.body.messages[2]?.content[0]).toEqual({
      toolResult: { toolUseId: 't1', content: [{ text: 'ENOENT' }], status: 'error' },
    });
    expect(claude.losses).toEqual([]);
    const llama = encode(request, { model: LLAMA });
    expect(llama.body.messages[2]?.content[0]).toEqual({
      toolResult: { toolUseId: 't1', content: [{ text: '[The tool call failed]' }, { text: 'ENOENT' }] },
    });
    expect(llama.losses).toEqual(['approximated /messages/2/content/0/is_error']);
  });

  test('images and documents stay inside a result, or follow it where the model takes none there', () => {
    const request = afterCalls(['t1'], [result('t1', [{ type: 'text', text: 'see' }, png, pdf('Report')])]);
    const claude = encode(request);
    expect(claude.body.messages[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: 'see' }, { image: {} }, { document: { format: 'pdf', name: 'Report' } }] } },
    ]);
    expect(claude.losses).toEqual([]);
    const llama = encode(request, { model: LLAMA });
    expect(llama.body.messages[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: 'see' }, { text: '[2 attachment(s) of this result follow]' }] } },
      { text: 'Attached to tool result t1:' },
      { image: {} },
      { document: {} },
    ]);
    expect(llama.losses).toEqual(['approximated /messages/2/content/0']);
  });

  test.each([[null], [''], [[]], [[{ type: 'text', text: ' ' }]]])(
    'a result without content says so: %j',
    (content) => {
      const { body } = encode(afterCalls(['t1'], [result('t1', content)]));
      expect(body.messages[2]?.content[0]).toMatchObject({ toolResult: { content: [{ text: '(no output)' }] } });
    },
  );

  test('ids and names that do not fit are replaced alike in calls, results and tools', () => {
    const id = `call|${'x'.repeat(80)}`;
    const name = `mcp__${'server'.repeat(12)}__tool`;
    const { body, losses } = encode({
      tools: [{ ...tool, name }],
      tool_choice: { type: 'tool', name },
      messages: [question, { role: 'assistant', content: [use(id, name)] }, { role: 'user', content: [result(id)] }],
    });
    const short = encodeToolName(name);
    expect(body['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { name: short } }],
      toolChoice: { tool: { name: short } },
    });
    const called = body.messages[1]?.content[0]?.['toolUse'] as { toolUseId: string; name: string };
    expect(called.name).toBe(short);
    expect(body.messages[2]?.content[0]).toMatchObject({ toolResult: { toolUseId: called.toolUseId } });
    // The tool's own entry is the same loss again, and counted.
    expect(losses).toEqual(['renamed /messages/1/content/0/name', 'renamed /messages/1/content/0/id']);
  });

  test('two calls of one turn with the same id are told apart', () => {
    const { body } = encode(afterCalls(['t1', 't1'], [result('t1', 'a'), result('t1', 'b')]));
    expect(body.messages[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: 'a' }] } },
      { toolResult: { content: [{ text: 'b' }] } },
    ]);
  });

  test('without tools in the request, calls and results are text', () => {
    const { tools: _tools, ...request } = afterCalls(['t1'], [result('t1', 'done', { is_error: true })]);
    const { body, losses } = encode(request);
    expect(body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ text: '[Called tool read with {"path":"a"}]' }] },
      { role: 'user', content: [{ text: 'Result of an earlier tool call, which failed:' }, { text: 'done' }] },
    ]);
    expect(losses).toEqual(['approximated /messages/1/content/0', 'approximated /messages/2/content/0']);
  });

  test('tool references and search results are text', () => {
    const { body, losses } = encode(
      afterCalls(
        ['t1'],
        [
          result('t1', [
            { type: 'tool_reference', tool_name: 'grep' },
            { type: 'search_result', title: 'T', source: 's', content: [{ type: 'text', text: 'x' }] },
          ]),
        ],
      ),
    );
    expect(body.messages[2]?.content[0]).toMatchObject({
      toolResult: { content: [{ text: 'Tool found: grep' }, { text: 'T\ns\nx' }] },
    });
    expect(losses).toHaveLength(2);
  });
});

describe('images and documents', () => {
  test.each(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])('an image of type %s is sent', (media_type) => {
    const block = { type: 'image', source: { type: 'base64', media_type, data: 'aGk=' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [block] }] });
    expect(body.messages[0]?.content[0]).toEqual({
      image: { format: media_type.slice('image/'.length), source: { bytes: 'aGk=' } },
    });
    expect(losses).toEqual([]);
  });

  test('an image at a web address cannot be sent, and the model is told; one on S3 can', () => {
    const web = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const s3 = { type: 'image', source: { type: 'url', url: 's3://bucket/a.jpg' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [web, s3] }] });
    expect(body.messages[0]?.content).toEqual([
      { text: expect.stringMatching(/omitted/) },
      { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.jpg' } } } },
    ]);
    expect(losses).toEqual(['dropped /messages/0/content/0']);
  });

  test('documents get names that fit and differ, and a text beside them', () => {
    const { body, losses } = encode({
      messages: [{ role: 'user', content: [pdf('Q3_report.pdf'), pdf('Q3_report.pdf'), pdf()] }],
    });
    expect(body.messages[0]?.content).toMatchObject([
      { document: { format: 'pdf', name: 'Q3-report-pdf', source: { bytes: 'JVBERi0=' } } },
      { document: { name: 'Q3-report-pdf (2)' } },
      { document: { name: 'document' } },
      { text: 'Attached: Q3-report-pdf' },
    ]);
    expect(losses).toEqual(['renamed /messages/0/content/0/title', 'repaired /messages/0']);
  });

  test('a text document is sent as one, with its context before it', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'zwölf' };
    const block = { type: 'document', source, title: 'Notes', context: 'From Monday.', citations: { enabled: true } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [block] }] });
    expect(body.messages[0]?.content).toEqual([
      { text: 'From Monday.' },
      { document: { format: 'txt', name: 'Notes', source: { bytes: Buffer.from('zwölf').toString('base64') } } },
    ]);
    expect(losses).toEqual(['dropped /messages/0/content/0/citations']);
  });

  test('a document of parts is its parts, and one that cannot be sent is named to the model', () => {
    const parts = {
      type: 'document',
      title: 'T',
      source: { type: 'content', content: [{ type: 'text', text: 'p' }, png] },
    };
    const file = { type: 'document', title: 'Far', source: { type: 'file', file_id: 'f' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [parts, file] }] });
    expect(body.messages[0]?.content).toMatchObject([
      { text: 'T' },
      { text: 'p' },
      { image: {} },
      { text: expect.stringMatching(/document omitted: "Far"/) },
    ]);
    expect(losses).toEqual(['dropped /messages/0/content/1']);
  });
});
