import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSchema } from './compile-schema.ts';
import { validateArguments } from './validate-arguments.ts';

const kinds = (schema: Record<string, unknown>, value: unknown) =>
  validateArguments(schema, value).violations.map(({ kind, path }) => `${kind} ${path}`);
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('violations', () => {
  it('say once what is wrong at a place, and the worst of it', () => {
    const schema = object({ unit: { type: 'string', enum: ['c', 'f'], minLength: 1 } });
    expect(kinds(schema, { unit: 5 })).toEqual(['type_mismatch /unit']);
    expect(kinds(schema, { unit: '' })).toEqual(['enum_violation /unit']);
  });

  it('of a union are those of the alternative that was meant', () => {
    const card = object({ kind: { const: 'card' }, digits: { pattern: '^\\d{4}$' } }, { required: ['kind', 'digits'] });
    const cash = object({ kind: { const: 'cash' } }, { required: ['kind'] });
    const schema = object({ by: { anyOf: [{ $ref: '#/$defs/card' }, cash, { type: 'null' }] } }, { $defs: { card } });
    expect(kinds(schema, { by: { kind: 'card', digits: '1' } })).toEqual(['constraint_violation /by/digits']);
    expect(kinds(schema, { by: { kind: 'card' } })).toEqual(['missing_required /by/digits']);
    expect(kinds(schema, { by: { kind: 'cheque' } })).toEqual(['enum_violation /by/kind']);
    expect(kinds(schema, { by: 7 })).toEqual(['type_mismatch /by']);
    expect(kinds(schema, { by: null })).toEqual([]);
  });

  it('beside a union are kept apart from those within it', () => {
    const schema = object({ a: { anyOf: [{ type: 'string' }, { type: 'null' }] }, b: {} }, { required: ['b'] });
    expect(kinds(schema, { a: 1 }).sort()).toEqual(['missing_required /b', 'type_mismatch /a']);
  });

  it('are found with the words of older drafts', () => {
    expect(
      kinds(object({ at: { type: 'array', items: [{ type: 'number' }, { type: 'number' }] } }), { at: [1, 'x'] }),
    ).toEqual(['type_mismatch /at/1']);
    expect(kinds(object({ a: { type: 'string', nullable: true } }), { a: null })).toEqual([]);
    expect(kinds(object({ a: {}, b: {} }, { dependencies: { a: ['b'] } }), { a: 1 })).toEqual(['missing_required /b']);
    const draft4 = object(
      { a: { $ref: '#/definitions/word' } },
      { id: 'x', $schema: 'http://json-schema.org/draft-04/schema#', definitions: { word: { type: 'string' } } },
    );
    expect(kinds(draft4, { a: 1 })).toEqual(['type_mismatch /a']);
  });

  it('know only what stands in the arguments themselves', () => {
    expect(kinds(object({}, { required: ['toString'] }), {})).toEqual(['missing_required /toString']);
  });
});

describe('schemas of strangers', () => {
  it('are left unchecked where they cannot be used, and never throw', () => {
    const anything = fc.dictionary(
      fc.constantFrom(
        'type',
        'properties',
        'required',
        '$ref',
        'anyOf',
        'items',
        'enum',
        'pattern',
        'minimum',
        'not',
        '$id',
        'if',
        'then',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('#', '#/properties/a', 'string', '(a+)+$')),
    );
    fc.assert(
      fc.property(anything, fc.jsonValue(), (schema, value) => {
        expect(Array.isArray(validateArguments(schema, value).violations)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('that name themselves in place have no end, and are told as unchecked', () => {
    expect(validateArguments({ $ref: '#' }, {}).isComplete).toBe(false);
    expect(validateArguments({ allOf: [{ $ref: '#' }, { $ref: '#' }] }, {}).isComplete).toBe(false);
  });

  it('that would take for ever are not tried', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `n${index}`,
        { allOf: [{ $ref: `#/$defs/n${index + 1}` }, { $ref: `#/$defs/n${index + 1}` }] },
      ]),
    );
    const schema = { $ref: '#/$defs/n0', $defs: { ...doubling, n40: { type: 'string' } } };
    expect(validateArguments(schema, {})).toEqual({ violations: [], isComplete: false });
    const tree = { anyOf: [{ type: 'string' }, object({ left: { $ref: '#' }, right: { $ref: '#' } })] };
    const deep = (depth: number): unknown => (depth === 0 ? 'leaf' : { left: deep(depth - 1), right: 'leaf' });
    expect(validateArguments(tree, deep(5)).isComplete).toBe(true);
    expect(validateArguments(tree, deep(60)).isComplete).toBe(false);
    expect(
      validateArguments(object({ list: { type: 'array', uniqueItems: true } }), {
        list: Array.from({ length: 9_000 }, (_, index) => index),
      }).isComplete,
    ).toBe(false);
  });

  it('are checked as far as they can be where a part is not known', () => {
    const schema = object({ a: { type: 'any' }, b: { type: 'integer', pattern: '(?=x)' } });
    expect(validateArguments(schema, { a: 1, b: 'x' })).toMatchObject({
      isComplete: false,
      violations: [{ kind: 'type_mismatch', path: '/b' }],
    });
  });

  it('leave nothing of one to another', () => {
    const first = compileSchema(object({ a: { type: 'string' } }, { $id: 'https://same/' }));
    const second = compileSchema(object({ a: { type: 'number' } }, { $id: 'https://same/' }));
    expect([first, second].map((schema) => schema.check({ a: 'x' }).errors.length)).toEqual([0, 1]);
  });
});
