import assert from 'node:assert/strict';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase, Observed } from '../conformance-case.ts';
import {
  ask,
  assertLoss,
  assistant,
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
const TOOLS = { tools: [READ_FILE] };
const CACHE = { cache_control: { type: 'ephemeral' } };
const CALLED = [user('read'), assistant(uses('toolu_a', 'read_file', { path: 'a' }))];

const EFFORTS: Readonly<Record<string, RegExp>> = {
  'anthropic-messages': /"effort":"low"/,
  'anthropic on bedrock': /"effort":"low"/,
  'anthropic on vertex': /"effort":"low"/,
  'openai-chat': /"reasoning_effort":"low"/,
  'openai-responses': /"reasoning":\{"effort":"low"/,
  gemini: /"thinkingLevel":"low"/,
  'bedrock-converse': /"effort":"low"/,
};

const CHOSEN: Readonly<Record<string, RegExp>> = {
  'anthropic-messages': /"tool_choice":\{"type":"tool","name":"read_file"\}/,
  'anthropic on bedrock': /"tool_choice":\{"type":"tool","name":"read_file"\}/,
  'anthropic on vertex': /"tool_choice":\{"type":"tool","name":"read_file"\}/,
  'openai-chat': /"tool_choice":\{"type":"function","function":\{"name":"read_file"\}\}/,
  'openai-responses': /"tool_choice":\{"type":"function","name":"read_file"\}/,
  gemini: /"mode":"ANY","allowedFunctionNames":\["read_file"\]/,
  'bedrock-converse': /"toolChoice":\{"tool":\{"name":"read_file"\}\}/,
};

function countOf({ sentText }: Observed, mark: string): number {
  return sentText.split(mark).length - 1;
}

/** Requests beyond what the list says. */
export const REQUEST_FIDELITY: readonly ConformanceCase[] = [
  single(
    'I.12',
    'A failed tool is a failed tool for every model',
    [],
    step(ask([...CALLED, user(result('toolu_a', 'ENOENT', { is_error: true }))], TOOLS), DONE, (seen, { column }) => {
      const [given] = itemsOf(seen, 'result');
      assert.match(given?.text ?? '', /ENOENT/);
      if (column.name.startsWith('openai')) {
        assert.match(given?.text ?? '', /fail|error/i);
        assertLoss(seen, /is_error/);
      } else assert.equal(given?.isError, true);
    }),
  ),
  single(
    'I.13',
    'Images and documents inside of results reach the model',
    [],
    step(
      ask(
        [
          ...CALLED,
          user(
            result('toolu_a', [
              { type: 'text', text: 'SEEN' },
              IMAGE,
              { type: 'document', title: 'Plan', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
              { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'PLAIN WORDS' } },
            ]),
          ),
        ],
        TOOLS,
      ),
      DONE,
      (seen) => {
        const plain = Buffer.from('PLAIN WORDS').toString('base64');
        for (const kept of ['SEEN', PNG, PDF])
          assert.ok(seen.sentText.includes(kept), `${kept.slice(0, 12)} was not sent`);
        assert.ok(
          seen.sentText.includes('PLAIN WORDS') || seen.sentText.includes(plain),
          'the text document was not sent',
        );
      },
    ),
  ),
  single(
    'I.14',
    'Cache breakpoints are honoured, turned into what the upstream has, or told as lost',
    [],
    step(
      ask([user('EARLY'), assistant('Yes.'), user({ type: 'text', text: 'go', ...CACHE })], {
        system: [{ type: 'text', text: 'S'.repeat(40), ...CACHE }],
        tools: [{ ...READ_FILE, ...CACHE }],
      }),
      DONE,
      (seen, { column }) => {
        if (column.isAnthropic) assert.equal(countOf(seen, '"cache_control"'), 3);
        else if (column.name === 'bedrock-converse') assert.equal(countOf(seen, '"cachePoint"'), 3);
        else if (column.name === 'gemini') assertLoss(seen, /cache_control/);
        else assert.match(seen.sentText, /"prompt_cache_key":"/);
      },
    ),
  ),
  single(
    'I.15',
    'An effort is said in the words of the upstream',
    [],
    step(ask('go', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }), DONE, (seen, { column }) =>
      assert.match(seen.sentText, EFFORTS[column.name] ?? /none/),
    ),
    { target: 'reasoning' },
  ),
  single(
    'I.16',
    'A strict tool is sent as strict, or told as lost',
    [],
    step(
      ask('go', {
        tools: [
          tool(
            'edit',
            { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
            { strict: true },
          ),
        ],
      }),
      DONE,
      (seen) => {
        if (!/"strict":true/.test(seen.sentText)) assertLoss(seen, /tools\/0\/strict/);
      },
    ),
  ),
  single(
    'I.17',
    'A tool whose loading is deferred is there for models that cannot load it later',
    [],
    step(
      ask('go', { tools: [{ ...READ_FILE, defer_loading: true }, tool('find')] }),
      says(answer([call('read_file', { path: 'a' })])),
      (seen, setting) => {
        assert.ok(seen.sent.tools.some(({ name }) => name === 'read_file'));
        if (!isForwarded(setting)) assertLoss(seen, /defer_loading/);
      },
    ),
  ),
  single(
    'I.18',
    'A choice of one tool is said in the words of the upstream',
    [],
    step(
      ask('go', { ...TOOLS, tool_choice: { type: 'tool', name: 'read_file' } }),
      says(answer([call('read_file', { path: 'a' })])),
      (seen, { column }) => assert.match(seen.sentText, CHOSEN[column.name] ?? /none/),
    ),
  ),
  single(
    'I.19',
    'Where no tool may be used, none can be',
    [],
    step(ask('go', { ...TOOLS, tool_choice: { type: 'none' } }), DONE, (seen, { column }) => {
      if (column.name === 'bedrock-converse') assert.deepEqual(seen.sent.tools, []);
      else assert.match(seen.sentText, /"none"|"NONE"/);
    }),
  ),
  single(
    'I.20',
    'Code execution is taken out with a loss, and the model is told that it has none',
    [],
    step(
      ask('compute', { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }, READ_FILE] }),
      DONE,
      (seen, setting) => {
        if (isForwarded(setting)) {
          assert.match(seen.sentText, /code_execution_20250825/);
          return;
        }
        assert.deepEqual(
          seen.sent.tools.map(({ name }) => name),
          ['read_file'],
        );
        assertLoss(seen, /tools\/0/);
        assert.match(seen.sentText, /code.execution/i);
      },
    ),
  ),
  single(
    'I.21',
    'Schemas that refer to themselves, and alternatives with null, are sent',
    [],
    step(
      ask('go', {
        tools: [
          tool('edit', {
            type: 'object',
            properties: {
              tree: { $ref: '#/$defs/node' },
              line: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
            },
            $defs: {
              node: {
                type: 'object',
                properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
              },
            },
          }),
        ],
      }),
      DONE,
      (seen, { column }) => {
        if (column.name !== 'gemini') return;
        assert.doesNotMatch(seen.sentText, /\$ref/);
        assert.match(seen.sentText, /"nullable":true/);
        assertLoss(seen, /ref/);
        assertLoss(seen, /null/);
      },
    ),
  ),
  single(
    'I.22',
    'More stop sequences than an upstream takes are told as lost',
    [],
    step(ask('go', { stop_sequences: ['A1', 'B2', 'C3', 'D4', 'E5', 'F6'] }), DONE, (seen, { column }) => {
      if (column.isAnthropic || column.name === 'bedrock-converse')
        assert.deepEqual((seen.sent.stops as string[]).length, 6);
      else assertLoss(seen, /stop_sequences/);
    }),
  ),
];
