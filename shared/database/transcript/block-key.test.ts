import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderedJson } from './block-key.ts';

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

describe('ordered JSON', () => {
  it('says what JSON says, in the same order of fields whatever the order was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), (value) => {
        const text = orderedJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(orderedJson(reversed(value))).toBe(text);
      }),
    );
  });

  it('sorts by the units of UTF-16, and leaves out what JSON leaves out', () => {
    expect(orderedJson({ b: 1, a: undefined, B: [undefined, { z: 1, '10': 2, '9': 3 }], é: '\ud800' })).toBe(
      '{"B":[null,{"10":2,"9":3,"z":1}],"b":1,"é":"\\ud800"}',
    );
    expect(orderedJson({ a: undefined })).toBe('{}');
  });
});
