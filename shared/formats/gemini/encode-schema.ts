import type { Encoding, RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { type FlatSchema, flattenSchema } from './flatten-schema.ts';
import {
  ANY_VALUE,
  asEnum,
  describeConstants,
  finishNullable,
  inherit,
  isNullSchema,
  joinMembers,
} from './schema-alternatives.ts';
import { encodeConstants, encodeNumberLimits } from './schema-constraints.ts';
import {
  impliedKinds,
  KEPT_FORMATS,
  KEPT_KEYWORDS,
  kindOfType,
  READ_KEYWORDS,
  type SchemaKind,
} from './schema-keywords.ts';
import { descend, loseKeyword, SCHEMA_DEPTH_MAX, type SchemaRewriting, startRewriting } from './schema-rewriting.ts';

function encodeProperties(rewriting: SchemaRewriting, schema: JsonObject, encoded: JsonObject): void {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const names = Object.keys(properties);
  // An object without properties is one with any; an empty list of them is refused.
  if (names.length === 0) {
    if (schema['required'] !== undefined && Array.isArray(schema['required']) && schema['required'].length > 0) {
      loseKeyword(rewriting, 'dropped', 'required', 'required names without properties');
    }
    return;
  }
  encoded['properties'] = Object.fromEntries(
    names.map((name) => [name, rewrite(descend(rewriting, 'properties', name), properties[name])]),
  );
  if (!Array.isArray(schema['required'])) return;
  const required = schema['required'].filter((name) => typeof name === 'string' && Object.hasOwn(properties, name));
  if (required.length < schema['required'].length) {
    loseKeyword(rewriting, 'repaired', 'required', 'required name that is no property');
  }
  if (required.length > 0) encoded['required'] = required;
}

/** Gemini has one schema for all items, and wants it. */
function encodeItems(rewriting: SchemaRewriting, schema: JsonObject, encoded: JsonObject): void {
  const tuple = Array.isArray(schema['prefixItems'])
    ? schema['prefixItems']
    : Array.isArray(schema['items'])
      ? schema['items']
      : null;
  if (tuple !== null && tuple.length > 0) {
    loseKeyword(rewriting, 'approximated', 'items', 'tuple sent as a list of any of its items');
    const members = tuple.map((item: unknown, index) => rewrite(descend(rewriting, 'prefixItems', index), item));
    const distinct = new Map(members.map((member) => [JSON.stringify(member), member]));
    encoded['items'] = joinMembers([...distinct.values()]);
    return;
  }
  if (schema['items'] === undefined || Array.isArray(schema['items'])) {
    loseKeyword(rewriting, 'repaired', 'items', 'array without items');
    encoded['items'] = ANY_VALUE;
  } else encoded['items'] = rewrite(descend(rewriting, 'items'), schema['items']);
}

/** What Gemini has no keyword for is told to the model in the description, where it can still heed it. */
function describe(description: unknown, hints: readonly string[]): JsonObject {
  const lines = [typeof description === 'string' ? description : '', ...hints].filter((line) => line !== '');
  return lines.length === 0 ? {} : { description: lines.join('\n') };
}

function encodeFormat(rewriting: SchemaRewriting, kind: SchemaKind, format: unknown, hints: string[]): JsonObject {
  if (typeof format !== 'string') return {};
  if (KEPT_FORMATS[kind].includes(format)) return { format };
  loseKeyword(rewriting, 'approximated', 'format', 'format told in the description');
  hints.push(`Format: ${format}.`);
  return {};
}

function encodeKind(rewriting: SchemaRewriting, schema: JsonObject, kind: SchemaKind): JsonObject {
  const hints: string[] = [];
  const encoded: JsonObject = { type: kind };
  for (const key of KEPT_KEYWORDS[kind]) {
    if (schema[key] === undefined) continue;
    if (typeof schema[key] === (key === 'pattern' ? 'string' : 'number')) encoded[key] = schema[key];
    else loseKeyword(rewriting, 'repaired', key, 'schema keyword with a value that cannot be its');
  }
  Object.assign(encoded, encodeFormat(rewriting, kind, schema['format'], hints));
  if (kind === 'NUMBER' || kind === 'INTEGER') encodeNumberLimits(rewriting, schema, kind, encoded, hints);
  encodeConstants(rewriting, schema, kind, encoded, hints);
  if (kind === 'OBJECT') encodeProperties(rewriting, schema, encoded);
  if (kind === 'ARRAY') encodeItems(rewriting, schema, encoded);
  if (typeof schema['title'] === 'string') encoded['title'] = schema['title'];
  if (schema['default'] !== undefined && schema['default'] !== null) encoded['default'] = schema['default'];
  return { ...encoded, ...describe(schema['description'], hints) };
}

function encodeUnion(rewriting: SchemaRewriting, schema: JsonObject, key: 'anyOf' | 'oneOf'): JsonObject {
  const { [key]: union, ...siblings } = schema;
  const all: readonly unknown[] = Array.isArray(union) ? union : [];
  const members = all.filter((member) => !isNullSchema(member));
  const isNullable = members.length < all.length || siblings['nullable'] === true;
  if (isNullable) loseKeyword(rewriting, 'renamed', key, 'alternative of null sent as nullable');
  if (key === 'oneOf') loseKeyword(rewriting, 'approximated', key, 'oneOf sent as anyOf');
  const values = asEnum(members);
  if (values !== null) {
    loseKeyword(rewriting, 'renamed', key, 'alternatives of constants sent as enum');
    const described = describe(siblings['description'], describeConstants(members));
    return finishNullable(
      encodeFlat(rewriting, { ...siblings, ...described, type: 'string', enum: values }),
      isNullable,
    );
  }
  // What stands beside the alternatives holds for each of them.
  const { type, nullable: _nullable, ...rest } = siblings;
  const shared = typeof type === 'string' ? { ...rest, type } : rest;
  const encoded = members.map((member, index) => {
    const inner = descend(rewriting, key, index);
    return rewrite(inner, isJsonObject(member) ? inherit(shared, member) : member);
  });
  return finishNullable(joinMembers(encoded), isNullable);
}

function encodeFlat(rewriting: SchemaRewriting, schema: JsonObject): JsonObject {
  if (schema['anyOf'] !== undefined) return encodeUnion(rewriting, schema, 'anyOf');
  if (schema['oneOf'] !== undefined) return encodeUnion(rewriting, schema, 'oneOf');
  const types: readonly unknown[] = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
  const isNullType = types.includes('null');
  const stated = types.flatMap((type) => kindOfType(type) ?? []);
  const kinds = stated.length > 0 ? stated : impliedKinds(schema);
  const constants: readonly unknown[] = Array.isArray(schema['enum']) ? schema['enum'] : [];
  const isNullable = isNullType || schema['nullable'] === true || constants.includes(null);
  if (Array.isArray(schema['type']))
    loseKeyword(rewriting, 'renamed', 'type', 'list of types sent as nullable or anyOf');
  if (kinds.length === 0) {
    loseKeyword(rewriting, 'approximated', 'type', 'schema of any value sent as one of plain values');
    const anyValue = {
      anyOf: (ANY_VALUE['anyOf'] as JsonObject[]).map((member) => ({
        ...member,
        ...describe(schema['description'], []),
      })),
    };
    return finishNullable(anyValue, isNullable);
  }
  const encoded = kinds.map((kind) => encodeKind(rewriting, schema, kind));
  return finishNullable(joinMembers(encoded), isNullable);
}

function noteUnreadKeywords(rewriting: SchemaRewriting, schema: JsonObject): void {
  for (const key of Object.keys(schema)) {
    if (READ_KEYWORDS.has(key)) continue;
    loseKeyword(rewriting, 'dropped', key, `schema keyword ${key.replace(/[^A-Za-z$]/g, '').slice(0, 60)}`);
  }
}

function rewrite(rewriting: SchemaRewriting, schema: unknown): JsonObject {
  if (!isJsonObject(schema)) {
    loseKeyword(rewriting, 'approximated', [], 'schema of any value sent as one of plain values');
    return ANY_VALUE;
  }
  if (rewriting.depth > SCHEMA_DEPTH_MAX || rewriting.budget.nodes <= 0) {
    loseKeyword(rewriting, 'approximated', [], 'schema too large; the rest is any value');
    return ANY_VALUE;
  }
  const flat: FlatSchema = flattenSchema({ schema, rewriting });
  noteUnreadKeywords(flat.rewriting, flat.schema);
  return encodeFlat(flat.rewriting, flat.schema);
}

/**
 * A JSON Schema in the subset of OpenAPI 3.0 that Gemini takes, rewritten by meaning: what has another word is said in
 * it, what has none becomes a hint in the description, and each change is a loss with its place.
 */
export function encodeSchema(encoding: Encoding, schema: JsonObject, path: RequestPath): JsonObject {
  return rewrite(startRewriting(encoding, schema, path), schema);
}
