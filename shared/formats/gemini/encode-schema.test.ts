import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROPERTY } from '../../testing/property.ts';
import { refuseGeminiSchema } from '../../testing/strict-gemini.ts';
import { createEncodeTarget } from '../encode-target.ts';
import type { Encoding } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeParameters } from './encode-parameters.ts';
import { encodeSchema } from './encode-schema.ts';

function start(): Encoding {
  return { format: 'gemini', target: createEncodeTarget({ model: 'gemini-test' }), losses: [] };
}

/** The rewritten schema of one property, and what was lost on the way. */
function encode(property: unknown, more: object = {}) {
  const encoding = start();
  const schema = { type: 'object', properties: { p: property }, ...more };
  const before = structuredClone(schema);
  const encoded = encodeParameters(encoding, schema, []);
  expect(schema, 'the schema of the request is never changed').toEqual(before);
  expect(refuseGeminiSchema(encoded)).toBeNull();
  const properties = encoded?.['properties'] as Record<string, JsonObject>;
  return { property: properties['p'], losses: encoding.losses.map((loss) => `${loss.kind} ${loss.pointer}`) };
}

describe('a schema is rewritten by meaning', () => {
  test.each<[string, object, object, string[]]>([
    ['a plain type', { type: 'string', description: 'd' }, { type: 'STRING', description: 'd' }, []],
    [
      'limits that Gemini has',
      { type: 'string', minLength: 1, maxLength: 9, pattern: '^a', default: 'a', title: 'T' },
      { type: 'STRING', minLength: 1, maxLength: 9, pattern: '^a', default: 'a', title: 'T' },
      [],
    ],
    [
      'a type or null',
      { type: ['string', 'null'] },
      { type: 'STRING', nullable: true },
      ['renamed /properties/p/type'],
    ],
    [
      'several types',
      { type: ['string', 'integer'], minimum: 1, description: 'd' },
      {
        anyOf: [
          { type: 'STRING', description: 'd' },
          { type: 'INTEGER', minimum: 1, description: 'd' },
        ],
      },
      ['renamed /properties/p/type'],
    ],
    [
      'an alternative of null',
      { anyOf: [{ type: 'number' }, { type: 'null' }], description: 'd' },
      { type: 'NUMBER', nullable: true, description: 'd' },
      ['renamed /properties/p/anyOf'],
    ],
    [
      'alternatives, which stand alone and keep what stood beside them',
      { description: 'd', anyOf: [{ type: 'string' }, { type: 'boolean', description: 'own' }] },
      {
        anyOf: [
          { type: 'STRING', description: 'd' },
          { type: 'BOOLEAN', description: 'own' },
        ],
      },
      [],
    ],
    [
      'exclusive alternatives',
      { oneOf: [{ type: 'string' }, { type: 'number' }] },
      { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
      ['approximated /properties/p/oneOf'],
    ],
    [
      'alternatives of constants',
      { anyOf: [{ const: 'a' }, { const: 'b' }, { type: 'null' }] },
      { type: 'STRING', enum: ['a', 'b'], nullable: true },
      ['renamed /properties/p/anyOf', 'renamed /properties/p/anyOf'],
    ],
    ['a constant', { const: 'fixed' }, { type: 'STRING', enum: ['fixed'] }, ['renamed /properties/p/const']],
    [
      'alternatives of constants that are explained',
      {
        description: 'd',
        oneOf: [
          { const: 'a', description: 'first' },
          { const: 'b', description: 'second' },
        ],
      },
      { type: 'STRING', enum: ['a', 'b'], description: 'd\n"a": first\n"b": second' },
      ['approximated /properties/p/oneOf', 'renamed /properties/p/oneOf'],
    ],
    [
      'alternatives that share a type',
      { type: 'integer', anyOf: [{ minimum: 5 }, { maximum: 0 }] },
      {
        anyOf: [
          { type: 'INTEGER', minimum: 5 },
          { type: 'INTEGER', maximum: 0 },
        ],
      },
      [],
    ],
    [
      'alternatives of what is required',
      {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'string' } },
        required: ['a'],
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      },
      {
        anyOf: [['a'], ['a', 'b']].map((required) => ({
          type: 'OBJECT',
          properties: { a: { type: 'STRING' }, b: { type: 'STRING' } },
          required,
        })),
      },
      [],
    ],
    ['constants that cannot be', { type: 'string', enum: [1] }, { type: 'STRING' }, ['dropped /properties/p/enum']],
    [
      'a constant number',
      { type: 'number', const: 3 },
      { type: 'NUMBER', minimum: 3, maximum: 3, description: 'Always 3.' },
      ['approximated /properties/p/const'],
    ],
    [
      'a constant truth',
      { const: true },
      { type: 'BOOLEAN', description: 'Always true.' },
      ['approximated /properties/p/const'],
    ],
    ['an enum with null', { enum: ['a', null] }, { type: 'STRING', enum: ['a'], nullable: true }, []],
    [
      'an enum of numbers',
      { type: 'integer', enum: [1, 2, 5], description: 'd' },
      { type: 'INTEGER', minimum: 1, maximum: 5, description: 'd\nOne of: 1, 2, 5.' },
      ['approximated /properties/p/enum'],
    ],
    [
      'an enum with an empty string',
      { enum: ['', 'a'] },
      { type: 'STRING', description: 'May be an empty string.\nOne of: "a".' },
      ['approximated /properties/p/enum'],
    ],
    [
      'an exclusive limit of an integer',
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { type: 'INTEGER', minimum: 1, maximum: 9 },
      ['renamed /properties/p/exclusiveMinimum', 'renamed /properties/p/exclusiveMaximum'],
    ],
    [
      'an exclusive limit of a number',
      { type: 'number', exclusiveMinimum: 0, minimum: -1 },
      { type: 'NUMBER', minimum: 0, description: 'Greater than 0.' },
      ['approximated /properties/p/exclusiveMinimum'],
    ],
    [
      'an exclusive limit as older drafts say it',
      { type: 'integer', minimum: 3, exclusiveMinimum: true },
      { type: 'INTEGER', minimum: 4 },
      ['renamed /properties/p/exclusiveMinimum'],
    ],
    [
      'multiples',
      { type: 'number', multipleOf: 0.5 },
      { type: 'NUMBER', description: 'A multiple of 0.5.' },
      ['approximated /properties/p/multipleOf'],
    ],
    [
      'a format that Gemini has not',
      { type: 'string', format: 'uri' },
      { type: 'STRING', description: 'Format: uri.' },
      ['approximated /properties/p/format'],
    ],
    ['a format that it has', { type: 'string', format: 'date-time' }, { type: 'STRING', format: 'date-time' }, []],
    [
      'all of several schemas',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'number' } }, required: ['b'] },
        ],
      },
      {
        type: 'OBJECT',
        properties: { a: { type: 'STRING' }, b: { type: 'NUMBER' } },
        required: ['b', 'a'],
      },
      ['approximated /properties/p/allOf'],
    ],
    [
      'a tuple',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }, { type: 'string' }] },
      { type: 'ARRAY', items: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] } },
      ['approximated /properties/p/items'],
    ],
    [
      'a list of anything',
      { type: 'array' },
      { type: 'ARRAY', items: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }, { type: 'BOOLEAN' }] } },
      ['repaired /properties/p/items'],
    ],
    [
      'anything',
      { description: 'd' },
      {
        anyOf: ['STRING', 'NUMBER', 'BOOLEAN'].map((type) => ({ type, description: 'd' })),
      },
      ['approximated /properties/p/type'],
    ],
    [
      'a map',
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'OBJECT' },
      ['dropped /properties/p/additionalProperties'],
    ],
    [
      'a required name that is none',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'gone'] },
      { type: 'OBJECT', properties: { a: { type: 'STRING' } }, required: ['a'] },
      ['repaired /properties/p/required'],
    ],
  ])('%s', (_, property, expected, losses) => {
    const encoded = encode(property);
    expect(encoded.property).toEqual(expected);
    expect(encoded.losses).toEqual(losses);
  });

  test.each([
    '$schema',
    '$id',
    'propertyNames',
    'additionalProperties',
    'patternProperties',
    'uniqueItems',
    'not',
    'if',
  ])('%s has no counterpart and is dropped with its place', (keyword) => {
    const { property, losses } = encode({ type: 'object', properties: { a: { type: 'string' } }, [keyword]: {} });
    expect(property).toEqual({ type: 'OBJECT', properties: { a: { type: 'STRING' } } });
    expect(losses).toEqual([`dropped /properties/p/${keyword.replace('$', '?')}`]);
  });

  test('a property that is called like a keyword is a property', () => {
    const names = ['const', '$ref', 'type', 'propertyNames', 'anyOf', '__proto__'];
    const properties = JSON.parse(`{${names.map((name) => `"${name}":{"type":"string"}`).join(',')}}`) as object;
    const { property, losses } = encode({ type: 'object', properties });
    expect(Object.keys(property?.['properties'] as object)).toEqual(names);
    expect(losses).toEqual([]);
  });
});

describe('references', () => {
  test('are replaced by what they point at, with what stands beside them', () => {
    const more = { $defs: { 'na/me': { type: 'string', description: 'theirs' } } };
    const { property, losses } = encode({ $ref: '#/$defs/na~1me', description: 'ours' }, more);
    expect(property).toEqual({ type: 'STRING', description: 'ours' });
    expect(losses).toEqual(['renamed /properties/p/?ref']);
  });

  test('that recur are followed twice, and cut with a word about it', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/definitions/node' }, id: { type: 'string' } } };
    const { property, losses } = encode({ $ref: '#/definitions/node' }, { definitions: { node } });
    const id = { type: 'STRING' };
    const cut = { type: 'OBJECT', description: '(nested in the same way)' };
    expect(property).toEqual({
      type: 'OBJECT',
      properties: { next: { type: 'OBJECT', properties: { next: cut, id } }, id },
    });
    expect(losses).toContain('approximated /properties/p/properties/next/properties/next/?ref');
  });

  test('to the whole schema, to themselves or to nothing end', () => {
    expect(encode({ $ref: '#' }).property).toMatchObject({ type: 'OBJECT' });
    expect(encode({ $ref: '#/$defs/a' }, { $defs: { a: { $ref: '#/$defs/a' } } }).losses).toContain(
      'approximated /properties/p/?ref',
    );
    expect(encode({ $ref: '#/nowhere' }).losses).toContain('dropped /properties/p/?ref');
    expect(encode({ $ref: 'https://example.org/schema' }).losses).toContain('dropped /properties/p/?ref');
  });

  test('that fan out do not make a schema without end', () => {
    const wide = (name: string) => Array.from({ length: 6 }, (_, index) => [`${name}${index}`, { $ref: '#/$defs/x' }]);
    const more = { $defs: { x: { type: 'object', properties: Object.fromEntries([...wide('a'), ...wide('b')]) } } };
    const deep = { type: 'object', properties: Object.fromEntries([...wide('c'), ...wide('d')]) };
    expect(JSON.stringify(encode(deep, more).property).length).toBeLessThan(500_000);
  });
});

describe('the input of a tool', () => {
  test('without properties is no parameters at all', () => {
    for (const schema of [{}, { type: 'object' }, { type: 'object', properties: {}, $schema: 'x' }]) {
      expect(encodeParameters(start(), schema, [])).toBeNull();
    }
  });

  test('of alternatives becomes one object that fits each of them', () => {
    const encoding = start();
    const encoded = encodeParameters(
      encoding,
      {
        anyOf: [
          { type: 'object', properties: { a: { type: 'string' }, c: { type: 'string' } }, required: ['a', 'c'] },
          { type: 'object', properties: { b: { type: 'string' }, c: { type: 'string' } }, required: ['b', 'c'] },
        ],
      },
      [],
    );
    const text = { type: 'STRING' };
    expect(encoded).toEqual({ type: 'OBJECT', properties: { a: text, b: text, c: text }, required: ['c'] });
    expect(encoding.losses.map((loss) => loss.kind)).toEqual(['approximated']);
  });
});

const scalar = fc.oneof(fc.constantFrom('a', '', null, true, 3, -0.5), fc.jsonValue({ maxDepth: 1 }));
const { schema: anySchema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.record(
      {
        type: fc.oneof(
          fc.constantFrom('string', 'integer', 'number', 'object', 'array', 'boolean', 'null', 'odd'),
          fc.array(fc.constantFrom('string', 'null', 'object', 'array'), { maxLength: 3 }),
          scalar,
        ),
        properties: fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', 'x y'), tie('schema'), { maxKeys: 3 }), scalar),
        required: fc.oneof(fc.array(fc.constantFrom('a', 'b', 'z')), scalar),
        items: tie('schema'),
        prefixItems: fc.oneof(fc.array(tie('schema'), { maxLength: 2 }), scalar),
        anyOf: fc.oneof(fc.array(tie('schema'), { maxLength: 3 }), scalar),
        oneOf: fc.array(tie('schema'), { maxLength: 2 }),
        allOf: fc.oneof(fc.array(tie('schema'), { maxLength: 2 }), scalar),
        enum: fc.oneof(fc.array(scalar, { maxLength: 3 }), scalar),
        const: scalar,
        format: scalar,
        exclusiveMinimum: scalar,
        minimum: scalar,
        minLength: scalar,
        description: scalar,
        additionalProperties: scalar,
        $ref: fc.constantFrom('#', '#/$defs/a', '#/properties/a', '#/x', 5),
        $defs: fc.record({ a: tie('schema') }),
      },
      { requiredKeys: [] },
    ),
  ),
}));

test('no schema, however odd, becomes one that a strict server refuses', () => {
  fc.assert(
    fc.property(anySchema, (schema) => {
      const given = { type: 'object', properties: { p: schema }, $defs: { a: schema } };
      expect(refuseGeminiSchema(encodeSchema(start(), given, []))).toBeNull();
      const whole = encodeParameters(start(), { ...(schema as object), type: 'object' }, []);
      if (whole !== null) expect(refuseGeminiSchema(whole)).toBeNull();
    }),
    PROPERTY,
  );
});
