import { describe, expect, it } from 'vitest';
import { decodeBfclOutput } from './bfcl-decode.ts';
import { familyOf, judgeBfclCalls, renderAnswer } from './bfcl-judge.ts';
import { readJavascriptValue, readJavaValue } from './bfcl-language-values.ts';
import { mutateAnswer } from './bfcl-mutations.ts';
import type { BfclRow } from './bfcl-rows.ts';
import { type BfclDict, parseBfclJson, plainValue } from './bfcl-values.ts';

const READ = [{ name: 'area.get', parameters: { base: 10, unit: 'm' } }];

describe('recorded outputs', () => {
  it.each([
    ['Python', "[area.get(base=10, unit='m')]"],
    ['Python without brackets', "area.get(base=10, unit='m');"],
    ['Python that is worked out', "[area.get(base=2*5, unit='m')]"],
    ['a list of pairs', '[{"area.get": {"base": 10, "unit": "m"}}]'],
    ['pairs with text', '[{"area.get": "{\\"base\\": 10, \\"unit\\": \\"m\\"}"}]'],
    ['tags', '<tool_call>\n{"name": "area.get", "arguments": {"base": 10, "unit": "m"}}\n</tool_call>'],
    ['a function call tag', '<function_call> {"name": "area.get", "arguments": {"base": 10, "unit": "m"}}'],
    ['tool calls', '{"tool_calls": [{"name": "area.get", "arguments": {"base": 10, "unit": "m"}}]}'],
    ['a name and an object', 'area.get\n{"base": 10, "unit": "m"}'],
  ])('are read as %s', (_form, text) => {
    expect(decodeBfclOutput(text, 'simple_python')).toEqual(READ);
  });

  it.each([
    ['a fence', '```python\n[area.get(base=10)]\n```'],
    ['words', 'I would call [area.get(base=10)] here.'],
    ['words behind', '[area.get(base=10)]\n\nThis is the area.'],
    ['arguments without names', '[area.get(10)]'],
    ['broken JSON', '<tool_call>\n{"name": "area.get", "arguments": {"base": True}}\n</tool_call>'],
    ['blanks before', '    [area.get(base=10)]'],
    ['a list that is cut', '[area.get(base=10, unit='],
  ])('are no calls as %s', (_form, text) => {
    expect(decodeBfclOutput(text, 'simple_python')).toBeNull();
  });

  it('keep the code of other languages as text', () => {
    const text = '[Canvas.draw(points=new int[]{1, 2}, label="a, b", fill=true)]';
    const parameters = { points: 'new int[]{1, 2}', label: 'a, b', fill: 'true' };
    expect(decodeBfclOutput(text, 'simple_java')).toEqual([{ name: 'Canvas.draw', parameters }]);
  });
});

it('reads values of Java and JavaScript by their declared type, and leaves what is none a text', () => {
  const java = (text: string, type: string, item: string | null = null) =>
    plainValue(readJavaValue(text, { type, item }));
  expect([java('5L', 'long'), java('5', 'long'), java('true', 'boolean')]).toEqual([5, '5', true]);
  expect(java('new String[]{"a", "b"}', 'Array', 'String')).toEqual(['a', 'b']);
  expect(java('new HashMap<String, Object>() {{ put("k", 5); }}', 'HashMap')).toEqual({ k: 5 });
  const script = (text: string, type: string) => plainValue(readJavascriptValue(text, { type, item: null }));
  expect([script('[1, "two"]', 'array'), script("{'k': 1}", 'dict'), script('7n', 'Bigint')]).toEqual([
    [1, 'two'],
    { k: 1 },
    7,
  ]);
});

describe('verdicts', () => {
  const parameters = parseBfclJson(
    '{"type":"dict","required":["base"],"properties":{"base":{"type":"integer"},"unit":{"type":"string"},"at":{"type":"array","items":{"type":"float"}}}}',
  ) as BfclDict;
  const accepted = (text: string) => ({ name: 'area.get', parameters: parseBfclJson(text) as BfclDict });
  const simple: BfclRow = {
    ...{ id: 'x', category: 'simple_python', question: 'The area?' },
    functions: [{ name: 'area.get', description: '', parameters }],
    answers: [accepted('{"base":[10],"unit":["m","metres",""],"at":[[1.5],""]}')],
  };
  const family = (text: string, row = simple) =>
    judgeBfclCalls(row, decodeBfclOutput(text, 'simple_python') ?? [])?.family ?? null;

  it.each([
    ["[area.get(base=10, unit='Metres')]", null],
    ['[{"area_get": {"base": 10}}]', null],
    ['[area.get(unit="m")]', 'missing_required'],
    ['[area.get(base=10, depth=1)]', 'unexpected_param'],
    ['[area.get(base="10")]', 'type_error'],
    ['[area.get(base=10, at=[1])]', 'type_error'],
    ['[area.get(base=11)]', 'value_error'],
    ['[area.put(base=10)]', 'wrong_func_name'],
    ['[area.get(base=10), area.get(base=10)]', 'wrong_count'],
  ])('of %s', (text, expected) => {
    expect(family(text)).toBe(expected);
  });

  it('pair calls with answers as well as can be', () => {
    const either = accepted('{"base":[1,2]}');
    const row: BfclRow = { ...simple, category: 'parallel', answers: [either, accepted('{"base":[1]}')] };
    expect(family('[area.get(base=1), area.get(base=2)]', row)).toBeNull();
    expect(family('[area.get(base=2), area.get(base=2)]', row)).toBe('cannot_find_match');
  });

  it('accept a rendered answer and no mutation of it', () => {
    const calls = simple.answers.map((answer) => renderAnswer(simple, answer, true));
    expect(judgeBfclCalls(simple, calls)).toBeNull();
    const mutations = [...mutateAnswer(simple, calls)];
    expect(mutations.length).toBeGreaterThan(8);
    for (const mutation of mutations) expect(judgeBfclCalls(simple, mutation.calls), mutation.kind).not.toBeNull();
  });

  it('are compared with the stored ones by family', () => {
    expect(
      ['type_error:nested', 'simple_function_checker:wrong_count', 'ast_decoder:decoder_failed', 'other:x'].map(
        familyOf,
      ),
    ).toEqual(['type_error', 'wrong_count', 'decoder', null]);
  });
});
