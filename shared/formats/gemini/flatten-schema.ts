import { isJsonObject, type JsonObject } from '../json-object.ts';
import { loseKeyword, RECURSION_MAX, type SchemaRewriting } from './schema-rewriting.ts';

export interface FlatSchema {
  readonly schema: JsonObject;
  readonly rewriting: SchemaRewriting;
}

/** What a reference within the document points at, or null. */
function resolveReference(root: JsonObject, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return null;
  let value: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    const key = decodeStep(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return null;
  }
  return value;
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** A cut recursion keeps what kind of value it was, so that the model can still give one. */
function cutRecursion(target: JsonObject): JsonObject {
  const type = target['type'] ?? 'object';
  const described = typeof target['description'] === 'string' ? `${target['description']} ` : '';
  return { type, description: `${described}(nested in the same way)` };
}

function followReference(flat: FlatSchema): FlatSchema | null {
  const { schema, rewriting } = flat;
  const { $ref: reference, ...siblings } = schema;
  if (reference === undefined) return null;
  const target = typeof reference === 'string' ? resolveReference(rewriting.root, reference) : null;
  if (typeof reference !== 'string' || !isJsonObject(target)) {
    loseKeyword(rewriting, 'dropped', '$ref', '$ref that points nowhere in the schema');
    return { schema: siblings, rewriting };
  }
  if (rewriting.references.filter((followed) => followed === reference).length >= RECURSION_MAX) {
    loseKeyword(rewriting, 'approximated', '$ref', 'recursive schema cut');
    return { schema: { ...cutRecursion(target), ...siblings }, rewriting };
  }
  loseKeyword(rewriting, 'renamed', '$ref', '$ref replaced by what it points at');
  const references = [...rewriting.references, reference];
  return { schema: { ...target, ...siblings }, rewriting: { ...rewriting, references } };
}

/** Both schemas at once: properties and requirements of both, and of anything else the later word. */
function mergeSchemas(one: JsonObject, other: JsonObject): JsonObject {
  const merged: JsonObject = { ...one, ...other };
  if (isJsonObject(one['properties']) && isJsonObject(other['properties'])) {
    merged['properties'] = { ...one['properties'], ...other['properties'] };
  }
  if (Array.isArray(one['required']) && Array.isArray(other['required'])) {
    merged['required'] = [...new Set<unknown>([...one['required'], ...other['required']])];
  }
  return merged;
}

function mergeAllOf(flat: FlatSchema): FlatSchema | null {
  const { allOf: members, ...rest } = flat.schema;
  if (members === undefined) return null;
  let merged: FlatSchema = { schema: rest, rewriting: flat.rewriting };
  const isExact = Array.isArray(members) && members.length === 1;
  loseKeyword(flat.rewriting, isExact ? 'renamed' : 'approximated', 'allOf', 'allOf merged into one schema');
  for (const member of Array.isArray(members) ? members : []) {
    if (!isJsonObject(member)) continue;
    const inner = flattenSchema({ schema: member, rewriting: merged.rewriting });
    merged = { schema: mergeSchemas(inner.schema, merged.schema), rewriting: inner.rewriting };
  }
  return merged;
}

/** A schema without `$ref` and `allOf` at its top, neither of which Gemini has. */
export function flattenSchema(flat: FlatSchema): FlatSchema {
  if (flat.rewriting.budget.nodes <= 0) return flat;
  flat.rewriting.budget.nodes -= 1;
  const next = followReference(flat) ?? mergeAllOf(flat);
  return next === null ? flat : flattenSchema(next);
}
