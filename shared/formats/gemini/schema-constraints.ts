import type { JsonObject } from '../json-object.ts';
import { kindOfValue, type SchemaKind } from './schema-keywords.ts';
import { loseKeyword, type SchemaRewriting } from './schema-rewriting.ts';

interface Bound {
  readonly exclusive: 'exclusiveMinimum' | 'exclusiveMaximum';
  readonly inclusive: 'minimum' | 'maximum';
  /** Towards the inside. */
  readonly step: 1 | -1;
}

const BOUNDS: readonly Bound[] = [
  { exclusive: 'exclusiveMinimum', inclusive: 'minimum', step: 1 },
  { exclusive: 'exclusiveMaximum', inclusive: 'maximum', step: -1 },
];

function innermost(bound: Bound, values: readonly unknown[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0) return undefined;
  return bound.step === 1 ? Math.max(...numbers) : Math.min(...numbers);
}

/** Gemini's limits include themselves. For integers the next number says the same; for others the limit itself is near. */
export function encodeNumberLimits(
  rewriting: SchemaRewriting,
  schema: JsonObject,
  kind: SchemaKind,
  encoded: JsonObject,
  hints: string[],
): void {
  for (const bound of BOUNDS) {
    // Draft 4 said it with a flag beside the limit.
    const value = schema[bound.exclusive] === true ? schema[bound.inclusive] : schema[bound.exclusive];
    if (typeof value !== 'number') continue;
    if (kind === 'INTEGER') {
      const next = bound.step === 1 ? Math.floor(value) + 1 : Math.ceil(value) - 1;
      encoded[bound.inclusive] = innermost(bound, [schema[bound.inclusive], next]);
      loseKeyword(rewriting, 'renamed', bound.exclusive, `${bound.exclusive} of an integer sent as ${bound.inclusive}`);
    } else {
      encoded[bound.inclusive] = innermost(bound, [schema[bound.inclusive], value]);
      hints.push(`${bound.step === 1 ? 'Greater' : 'Less'} than ${value}.`);
      loseKeyword(rewriting, 'approximated', bound.exclusive, `${bound.exclusive} sent as ${bound.inclusive}`);
    }
  }
  if (typeof schema['multipleOf'] !== 'number') return;
  hints.push(`A multiple of ${schema['multipleOf']}.`);
  loseKeyword(rewriting, 'approximated', 'multipleOf', 'multipleOf told in the description');
}

/** Which constants are about this kind of value: a union of types has each of them under its own. */
function constantsOf(values: readonly unknown[], kind: SchemaKind): readonly unknown[] {
  return values.filter((value) => {
    const own = kindOfValue(value);
    return own === kind || (kind === 'NUMBER' && own === 'INTEGER');
  });
}

/** `enum` and `const`. Gemini has enums of strings only; of numbers it can be told the range and the list. */
export function encodeConstants(
  rewriting: SchemaRewriting,
  schema: JsonObject,
  kind: SchemaKind,
  encoded: JsonObject,
  hints: string[],
): void {
  const isConst = schema['const'] !== undefined;
  const keyword = isConst ? 'const' : 'enum';
  const given: readonly unknown[] = isConst
    ? [schema['const']]
    : Array.isArray(schema['enum'])
      ? (schema['enum'] as unknown[])
      : [];
  const values = constantsOf(given, kind);
  if (values.length === 0) {
    const isOther = given.length > 0 && typeof schema['type'] === 'string' && !given.includes(null);
    if (isOther) loseKeyword(rewriting, 'dropped', keyword, 'constants of another type than the schema');
    return;
  }
  if (kind === 'STRING') {
    const texts = values.filter((value) => value !== '');
    if (texts.length < values.length) {
      loseKeyword(rewriting, 'approximated', keyword, 'empty string among the values told in the description');
      hints.push('May be an empty string.');
    }
    if (texts.length === values.length || isConst) {
      if (isConst) loseKeyword(rewriting, 'renamed', 'const', 'const sent as enum');
      if (texts.length > 0) encoded['enum'] = texts;
    } else hints.push(`One of: ${texts.map((value) => JSON.stringify(value)).join(', ')}.`);
    return;
  }
  loseKeyword(rewriting, 'approximated', keyword, `${keyword} of a value that is no string told in the description`);
  hints.push(`${isConst ? 'Always' : 'One of:'} ${values.map((value) => JSON.stringify(value)).join(', ')}.`);
  if (kind !== 'NUMBER' && kind !== 'INTEGER') return;
  encoded['minimum'] = Math.min(...(values as number[]));
  encoded['maximum'] = Math.max(...(values as number[]));
}
