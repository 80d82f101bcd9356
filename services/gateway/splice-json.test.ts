import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceJson } from './splice-json.ts';

describe('spliceJson', () => {
  it('leaves every byte outside the replaced value as it is', () => {
    const text =
      '{ "model" : "a", "n":1.0,"messages":[{"model":"inner","signature":"\\u00e9\\/"}], "big":12345678901234567890 }';
    const spliced = spliceJson(Buffer.from(text), { model: 'b' }).toString();
    expect(spliced).toBe(text.replace(' "a"', '"b"'));
  });

  it('adds a member that is not there', () => {
    expect(spliceJson(Buffer.from('{"a":1}'), { system: 'x' }).toString()).toBe('{"a":1,"system":"x"}');
    expect(spliceJson(Buffer.from(' { } '), { system: 'x' }).toString()).toBe(' { "system":"x"} ');
  });

  it('replaces every occurrence, because parsers take the last', () => {
    expect(JSON.parse(spliceJson(Buffer.from('{"model":"a","model":"c"}'), { model: 'b' }).toString())).toEqual({
      model: 'b',
    });
  });

  it('takes out members whose value is undefined, and leaves the bytes of the others', () => {
    const bytes = Buffer.from('{ "model" : "a", "n":1.0,"stream":true,"sig":"\\u00e9\\/"}');
    const text = spliceJson(bytes, { model: undefined, stream: undefined, version: 'v', n: 2 }).toString();
    expect(text).toBe('{"n":2,"sig":"\\u00e9\\/","version":"v"}');
    expect(spliceJson(Buffer.from('{"a":1}'), { a: undefined }).toString()).toBe('{}');
  });

  it('means the same as replacing in the parsed value', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('model', 'system', '"', '\\', '{', 'ü'));
    const objects = fc.dictionary(names, fc.jsonValue()).filter((object) => !Object.hasOwn(object, '__proto__'));
    fc.assert(
      fc.property(objects, fc.jsonValue(), fc.constantFrom(0, 2), (object, value, indent) => {
        const bytes = Buffer.from(JSON.stringify(object, null, indent));
        const spliced: unknown = JSON.parse(spliceJson(bytes, { model: value }).toString());
        expect(spliced).toEqual(JSON.parse(JSON.stringify({ ...object, model: value })));
      }),
    );
  });
});
