import { isJsonObject } from '../json-object.ts';

const SCHEMA_DEPTH_MAX = 64;

/** Strict mode asks that every object lists all its properties as required and allows no others. */
export function isStrictSchema(schema: unknown, depth = 0): boolean {
  if (depth > SCHEMA_DEPTH_MAX) return false;
  if (Array.isArray(schema)) return schema.every((item) => isStrictSchema(item, depth + 1));
  if (!isJsonObject(schema)) return true;
  if (isJsonObject(schema['properties'])) {
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    const names = Object.keys(schema['properties']);
    if (schema['additionalProperties'] !== false || !names.every((name) => required.includes(name))) return false;
  }
  return Object.values(schema).every((value) => isStrictSchema(value, depth + 1));
}
