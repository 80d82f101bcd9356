import assert from 'node:assert/strict';
import { answer, call, text } from '../answer.ts';
import type { ConformanceCase, Observed, Setting } from '../conformance-case.ts';
import { ask, assertLoss, isForwarded, single, step, tool } from '../requests.ts';
import { says } from '../script.ts';
import { fields } from '../sent-request.ts';

const DONE = says(answer([text('Done.')]));

/** A property of the one tool's schema as it was sent. */
function property(seen: Observed, name: string): Readonly<Record<string, unknown>> {
  return fields(fields(fields(seen.sent.tools[0]?.schema)['properties'])[name]);
}

/**
 * A line about a schema: other formats take JSON Schema, so that it has to arrive unchanged; Gemini takes a part of it,
 * into which it has to be rewritten by meaning, with a loss for each change.
 */
function schemaLine(
  line: string,
  title: string,
  threads: readonly string[],
  properties: object,
  rewritten: (seen: Observed) => void,
  more: object = {},
): ConformanceCase {
  const schema = { type: 'object', properties, ...more };
  const check = (seen: Observed, { column }: Setting): void => {
    if (column.name === 'gemini') rewritten(seen);
    else assert.deepEqual(seen.sent.tools[0]?.schema, schema);
  };
  return single(line, title, threads, step(ask('go', { tools: [tool('edit', schema)] }), DONE, check));
}

/** Schemas of tools. */
export const SCHEMAS: readonly ConformanceCase[] = [
  schemaLine(
    '20',
    '$schema and additionalProperties do not reach servers that refuse them',
    ['GewoonJaap/gemini-cli-openai#74', 'musistudio/claude-code-router#489', 'router-for-me/CLIProxyAPI#97'],
    {
      path: { type: 'string' },
      options: { type: 'object', properties: { deep: { type: 'boolean' } }, additionalProperties: false },
    },
    (seen) => {
      assert.doesNotMatch(seen.sentText, /\$schema|additionalProperties/);
      assert.equal(property(seen, 'path')['type'], 'STRING');
      assertLoss(seen, /additionalProperties/);
    },
    { $schema: 'http://json-schema.org/draft-07/schema#', additionalProperties: false },
  ),
  schemaLine(
    '21',
    'exclusiveMinimum, exclusiveMaximum and multipleOf are said in another way',
    ['lbjlaq/Antigravity-Manager#61', 'Mirrowel/LLM-API-Key-Proxy#86', 'ruvnet/agentic-flow#55'],
    {
      count: { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      step: { type: 'number', multipleOf: 0.5 },
    },
    (seen) => {
      assert.doesNotMatch(seen.sentText, /exclusiveM|multipleOf"/);
      assert.deepEqual([property(seen, 'count')['minimum'], property(seen, 'count')['maximum']], [1, 9]);
      assertLoss(seen, /exclusiveMinimum/);
      assertLoss(seen, /multipleOf/);
    },
  ),
  schemaLine(
    '22',
    'const is sent as an enum, and propertyNames left out',
    ['theopenco/llmgateway#1763', 'automazeio/vibeproxy#338', 'bestruirui/octopus#255'],
    {
      kind: { type: 'string', const: 'file' },
      labels: { type: 'object', properties: { a: { type: 'string' } }, propertyNames: { pattern: '^[a-z]+$' } },
    },
    (seen) => {
      assert.doesNotMatch(seen.sentText, /"const"|propertyNames/);
      assert.deepEqual(property(seen, 'kind')['enum'], ['file']);
      assertLoss(seen, /const/);
      assertLoss(seen, /propertyNames/);
    },
  ),
  schemaLine(
    '23',
    'Lists of types, allOf, oneOf and $ref keep their meaning',
    ['router-for-me/CLIProxyAPI#43', '1rgs/claude-code-proxy#88'],
    {
      line: { type: ['integer', 'null'] },
      target: { $ref: '#/$defs/target' },
      either: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
      both: {
        allOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { properties: { b: { type: 'string' } } }],
      },
    },
    (seen) => {
      assert.deepEqual([property(seen, 'line')['type'], property(seen, 'line')['nullable']], ['INTEGER', true]);
      assert.deepEqual(property(seen, 'target')['enum'], ['a', 'b']);
      assert.equal((property(seen, 'either')['anyOf'] as unknown[]).length, 2);
      assert.deepEqual(Object.keys(fields(property(seen, 'both')['properties'])).toSorted(), ['a', 'b']);
      assertLoss(seen, /\$?ref/);
      assertLoss(seen, /oneOf/);
      assertLoss(seen, /allOf/);
    },
    { $defs: { target: { type: 'string', enum: ['a', 'b'] } } },
  ),
  single(
    '24',
    'A tool of type custom keeps the type of its schema',
    ['BerriAI/litellm#30557'],
    step(
      ask('go', {
        tools: [tool('edit', { type: 'object', properties: { a: { type: 'string' } } }, { type: 'custom' })],
      }),
      DONE,
      (seen) => assert.equal(String(fields(seen.sent.tools[0]?.schema)['type']).toLowerCase(), 'object'),
    ),
  ),
  single(
    '25',
    'A server tool without a schema is accepted beside others',
    ['if414013/harbangan#11', 'sgl-project/sglang#25876'],
    step(
      ask('go', { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }, tool('edit')] }),
      says(answer([call('edit', { a: 1 })])),
      (seen, setting) => {
        if (isForwarded(setting)) assert.match(seen.sentText, /web_search_20250305/);
        else assert.doesNotMatch(seen.sentText, /web_search_20250305/);
        assert.ok(seen.sent.tools.some(({ name }) => name === 'edit'));
      },
    ),
  ),
];
