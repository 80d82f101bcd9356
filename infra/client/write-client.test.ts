import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { typeOf } from './type-of.ts';
import { clientFile, writeClient } from './write-client.ts';

describe('the TypeScript client', () => {
  it('is what the API is; `npm run client` makes it so', () => {
    expect(readFileSync(clientFile, 'utf8') === writeClient()).toBe(true);
  });

  it.each([
    [{ type: 'string', enum: ['a', "b's"] }, "'a' | 'b\\'s'"],
    [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'number | null'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '(string | null)[]'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
    [{ type: 'object', properties: { a: { type: 'string' } }, required: [] }, '{\n  a?: string;\n}'],
    [{}, 'unknown'],
  ])('has a type for %j', (schema, type) => {
    expect(typeOf(schema, 0)).toBe(type);
  });
});
