import assert from 'node:assert/strict';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import {
  ask,
  assertLoss,
  assertOrder,
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
  turnOf,
  user,
  uses,
} from '../requests.ts';
import { says } from '../script.ts';

const DONE = says(answer([text('Done.')]));
const TOOLS = { tools: [READ_FILE, tool('list_files')] };
const LONG_NAME = `mcp__a_server_with_a_long_name__${'a_tool_that_says_what_it_does_'.repeat(2)}x`;
const LONG_ID = `call_${'k'.repeat(90)}`;

/** A history with two calls whose results come back in the other order, with words behind them. */
const TWO_CALLS = [
  user('go'),
  assistant('Both.', uses('toolu_one', 'read_file', { path: 'MARK1' }), uses('toolu_two', 'list_files', {})),
  user(result('toolu_two', 'RESULT2'), result('toolu_one', 'RESULT1'), 'AFTERWORDS'),
];

/** Tool calls in histories. */
export const HISTORY: readonly ConformanceCase[] = [
  single(
    '10',
    'Results stand directly behind their calls, next to each other, and other text behind them',
    ['diegosouzapw/OmniRoute#2382', 'V1ki/dsh-plugin-subscriptions#22', 'RooCodeInc/Roo-Code#11804'],
    step(ask(TWO_CALLS, TOOLS), DONE, (seen) => {
      const kinds = seen.sent.items.map(({ kind }) => kind).join(' ');
      assert.match(kinds, /call call result result text$/);
      assertOrder(seen, 'MARK1', 'RESULT1', 'AFTERWORDS');
    }),
  ),
  {
    line: '11',
    title: 'Calls and results without their counterpart are repaired, or refused in clear words',
    threads: ['diegosouzapw/OmniRoute#2382'],
    steps: [
      {
        request: ask(
          [user('go'), assistant(uses('toolu_open', 'read_file', { path: 'a' })), user('never mind')],
          TOOLS,
        ),
        script: DONE,
        expect: 'other',
        check(seen, setting) {
          if (!isForwarded(setting)) {
            assert.equal(seen.status, 200);
            assertLoss(seen, /repaired .*tool call without a result/);
          } else {
            assert.equal(seen.status, 400);
            assert.match(seen.error?.message ?? '', /tool_use.*tool_result/);
          }
        },
      },
      {
        request: ask([user('go'), assistant('What?'), user(result('toolu_gone', 'KEPT'))], TOOLS),
        script: DONE,
        expect: 'other',
        check(seen, setting) {
          if (!isForwarded(setting)) {
            assert.equal(seen.status, 200);
            assert.match(seen.sentText, /KEPT/);
            assertLoss(seen, /repaired .*tool result without its call/);
          } else {
            assert.equal(seen.status, 400);
            assert.match(seen.error?.message ?? '', /unexpected.*tool_use_id/);
          }
        },
      },
    ],
  },
  {
    line: '12',
    title: 'Ids that are long or odd are shown in a form that clients take, and pair again upstream',
    threads: ['openclaw/openclaw#875', 'leookun/cursor-byok#364'],
    steps: [
      step(ask('read', TOOLS), says(answer([call('read_file', { path: 'a' }, { id: `${LONG_ID}$:0` })])), (seen) =>
        assert.match(callsOf(seen)[0]?.id ?? '', /^[a-zA-Z0-9_-]{1,64}$/),
      ),
      step(
        ({ before }) => {
          const [first] = before;
          assert.ok(first !== undefined);
          const id = callsOf(first)[0]?.id ?? '';
          return ask([user('read'), turnOf(first), user(result(id, 'CONTENT'))], TOOLS);
        },
        DONE,
        (seen) => {
          const [made] = itemsOf(seen, 'call');
          const [given] = itemsOf(seen, 'result');
          assert.equal(given?.id, made?.id);
          assert.match(given?.text ?? '', /CONTENT/);
        },
      ),
    ],
  },
  {
    line: '12',
    title: 'Odd ids of an OpenAI client pair at every upstream',
    threads: ['openclaw/openclaw#875'],
    client: 'openai-chat',
    steps: [
      {
        request: {
          body: {
            messages: [
              { role: 'user', content: 'read' },
              {
                role: 'assistant',
                content: null,
                tool_calls: [
                  {
                    id: `functions.read:${LONG_ID}`,
                    type: 'function',
                    function: { name: 'read_file', arguments: '{"path":"a"}' },
                  },
                ],
              },
              { role: 'tool', tool_call_id: `functions.read:${LONG_ID}`, content: 'CONTENT' },
            ],
            tools: [{ type: 'function', function: { name: 'read_file', parameters: READ_FILE['input_schema'] } }],
          },
        },
        script: DONE,
        check(seen) {
          const [made] = itemsOf(seen, 'call');
          assert.equal(itemsOf(seen, 'result')[0]?.id, made?.id);
        },
      },
    ],
  },
  {
    line: '13',
    title: 'Tool names that are too long are shortened alike every time, and restored',
    threads: ['mrexodia/ida-pro-mcp#129', 'anthropics/claude-code#3102', 'smixs/iva-agent#240'],
    steps: [
      step(
        ask('go', { tools: [tool(LONG_NAME), tool(`${LONG_NAME}y`)] }),
        ({ body }, column) => says(answer([call(column.read(body).tools[1]?.name ?? '', {})])),
        (seen, setting) => {
          assert.equal(callsOf(seen)[0]?.name, `${LONG_NAME}y`);
          const names = seen.sent.tools.map(({ name }) => name);
          assert.equal(new Set(names).size, 2, 'two long names became one');
          if (!isForwarded(setting)) assert.ok(names.every((name) => name.length <= 64));
        },
      ),
      step(
        ask([user('go'), assistant(uses('toolu_a', LONG_NAME, {})), user(result('toolu_a', 'x'))], {
          tools: [tool(LONG_NAME)],
        }),
        DONE,
        (seen) => assert.equal(itemsOf(seen, 'call')[0]?.name, seen.sent.tools[0]?.name),
      ),
    ],
  },
  single(
    '14',
    'Characters that a format forbids in names are replaced, and restored',
    ['mrexodia/ida-pro-mcp#129'],
    step(
      ask('go', { tools: [tool('7zip-extract'), tool('-v')] }),
      ({ body }, column) => says(answer([call(column.read(body).tools[0]?.name ?? '', {})])),
      (seen, { column }) => {
        assert.equal(callsOf(seen)[0]?.name, '7zip-extract');
        if (column.name === 'gemini') assert.match(seen.sent.tools[0]?.name ?? '', /^[a-zA-Z_]/);
      },
    ),
  ),
  single(
    '15',
    'Names in tool_reference blocks are those of the tools that are sent',
    ['anthropics/claude-code#20635', 'anthropics/claude-code#21846', 'mims-harvard/ToolUniverse#65'],
    step(
      ask(
        [
          user('go'),
          assistant(uses('toolu_s', 'search_tools', {})),
          user(result('toolu_s', [{ type: 'tool_reference', tool_name: LONG_NAME }])),
        ],
        { tools: [tool('search_tools'), tool(LONG_NAME)] },
      ),
      DONE,
      (seen) => {
        const name = seen.sent.tools[1]?.name ?? 'none';
        assert.ok(itemsOf(seen, 'result')[0]?.text.includes(name), `${name} is not in the result`);
      },
    ),
  ),
  single(
    '16',
    'Images in tool results are sent',
    ['BerriAI/litellm#6953', 'NanmiCoder/cc-haha#1278'],
    step(
      ask(
        [
          user('go'),
          assistant(uses('toolu_i', 'read_file', { path: 'a.png' })),
          user(result('toolu_i', [IMAGE, { type: 'text', text: 'a cat' }])),
        ],
        TOOLS,
      ),
      DONE,
      (seen) => {
        assert.ok(seen.sentText.includes(PNG), 'the image was not sent');
        assertOrder(seen, 'a cat');
      },
    ),
  ),
  single(
    '17',
    'Documents are sent',
    ['BerriAI/litellm#24641'],
    step(
      ask([
        user(
          { type: 'document', title: 'Terms', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
          'Read it.',
        ),
      ]),
      DONE,
      (seen) => assert.ok(seen.sentText.includes(PDF), 'the document was not sent'),
    ),
  ),
  single(
    '17',
    'A document that a target cannot be shown leaves a note for the model and a loss',
    ['BerriAI/litellm#24641'],
    step(
      ask([
        user(
          { type: 'document', title: 'Terms', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
          'Read it.',
        ),
      ]),
      DONE,
      (seen) => {
        if (seen.sentText.includes(PDF)) return;
        assert.match(seen.sentText, /omitted.*Terms/);
        assertLoss(seen, /dropped \/messages\/0\/content\/0/);
      },
    ),
    { target: 'small' },
  ),
  single(
    '18',
    'Empty text blocks are left out',
    ['BerriAI/litellm#20370'],
    step(ask([user('', 'go'), assistant('', 'Yes?'), user('now', '')]), DONE, (seen) => {
      const texts = itemsOf(seen, 'text').map((item) => item.text);
      assert.deepEqual(texts, ['go', 'Yes?', 'now']);
    }),
  ),
  single(
    '19',
    'disable_parallel_tool_use is sent, or told as lost',
    ['vllm-project/vllm#52021', 'BerriAI/litellm#6148'],
    step(
      ask('go', { ...TOOLS, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
      DONE,
      (seen, { column }) => {
        if (column.isAnthropic) assert.match(seen.sentText, /"disable_parallel_tool_use":true/);
        else if (/"parallel_tool_calls":false/.test(seen.sentText)) return;
        else assertLoss(seen, /disable_parallel_tool_use/);
      },
    ),
  ),
];
