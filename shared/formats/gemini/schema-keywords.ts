import { lookUp } from '../../look-up.ts';

export type SchemaKind = 'STRING' | 'NUMBER' | 'INTEGER' | 'BOOLEAN' | 'ARRAY' | 'OBJECT';

const KINDS: Readonly<Record<string, SchemaKind>> = {
  string: 'STRING',
  number: 'NUMBER',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  array: 'ARRAY',
  object: 'OBJECT',
};

export function kindOfType(type: unknown): SchemaKind | null {
  return typeof type === 'string' ? (lookUp(KINDS, type.toLowerCase()) ?? null) : null;
}

/** Keywords that Gemini has under the same name and meaning, by the kind of value that they are about. */
export const KEPT_KEYWORDS: Readonly<Record<SchemaKind, readonly string[]>> = {
  STRING: ['minLength', 'maxLength', 'pattern'],
  NUMBER: ['minimum', 'maximum'],
  INTEGER: ['minimum', 'maximum'],
  BOOLEAN: [],
  ARRAY: ['minItems', 'maxItems'],
  OBJECT: ['minProperties', 'maxProperties'],
};

/** Formats that Gemini takes; any other is refused for strings and numbers. */
export const KEPT_FORMATS: Readonly<Record<SchemaKind, readonly string[]>> = {
  STRING: ['date-time'],
  NUMBER: ['float', 'double'],
  INTEGER: ['int32', 'int64'],
  BOOLEAN: [],
  ARRAY: [],
  OBJECT: [],
};

/** Keywords that the rewriting reads; any other is dropped with a loss. */
export const READ_KEYWORDS: ReadonlySet<string> = new Set([
  ...Object.values(KEPT_KEYWORDS).flat(),
  'type',
  'title',
  'description',
  'default',
  'nullable',
  'enum',
  'const',
  'format',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'items',
  'prefixItems',
  'properties',
  'required',
  'anyOf',
  'oneOf',
  // Definitions are inlined where they are used.
  '$defs',
  'definitions',
]);

/** The kind of value that a schema without `type` is about, told by its keywords. */
export function impliedKinds(schema: Readonly<Record<string, unknown>>): readonly SchemaKind[] {
  if (schema['properties'] !== undefined || schema['required'] !== undefined) return ['OBJECT'];
  if (schema['additionalProperties'] !== undefined || schema['propertyNames'] !== undefined) return ['OBJECT'];
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return ['ARRAY'];
  const values = Array.isArray(schema['enum']) ? schema['enum'] : 'const' in schema ? [schema['const']] : [];
  if (values.length > 0) return [...new Set(values.flatMap((value: unknown) => kindOfValue(value) ?? []))];
  if (['minLength', 'maxLength', 'pattern', 'format'].some((key) => schema[key] !== undefined)) return ['STRING'];
  const numeric = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
  return numeric.some((key) => schema[key] !== undefined) ? ['NUMBER'] : [];
}

/** The kind that a constant has; null for null itself. */
export function kindOfValue(value: unknown): SchemaKind | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return 'ARRAY';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INTEGER' : 'NUMBER';
  return KINDS[typeof value] ?? null;
}
