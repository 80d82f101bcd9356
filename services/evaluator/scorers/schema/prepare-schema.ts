import { isRecord } from '../json.ts';

const BYTES_MAX = 256 * 1_024;
const DEPTH_MAX = 64;
const NODES_MAX = 5_000;
const REFERENCES_MAX = 500;

/** A schema of which only what is checked is left. */
export interface PreparedSchema {
  readonly schema: SchemaNode | boolean;
  /** False where parts were left out that cannot be checked; what passes then has passed the rest. */
  readonly isComplete: boolean;
}

export type SchemaNode = Record<string, unknown>;

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isTexts: Check = (value) => Array.isArray(value) && value.every((member) => typeof member === 'string');

/** Keywords that say something by their value, and what the value has to be. */
const VALUES: Readonly<Record<string, Check>> = {
  const: () => true,
  enum: (value) => Array.isArray(value) && value.length > 0,
  required: isTexts,
  pattern: (value) => typeof value === 'string',
  format: (value) => typeof value === 'string',
  uniqueItems: (value) => typeof value === 'boolean',
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  ...{ minLength: isCount, maxLength: isCount, minItems: isCount, maxItems: isCount },
  ...{ minProperties: isCount, maxProperties: isCount, minContains: isCount, maxContains: isCount },
  dependentRequired: (value) => isRecord(value) && Object.values(value).every(isTexts),
};
const SINGLE = ['not', 'if', 'then', 'else', 'items', 'additionalProperties', 'contains', 'propertyNames'] as const;
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'] as const;
const MAPS = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'] as const;
const TYPES: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
/** What changes what is valid, and is not checked. */
const UNCHECKED = ['$dynamicRef', '$recursiveRef', 'unevaluatedProperties', 'unevaluatedItems'] as const;

/**
 * A user's JSON Schema of any draft as a small one of the 2020 draft: annotations go, older ways to say a thing are said
 * anew, and what is malformed or cannot be checked is left out and told. Null where it is too large to be worth it.
 */
export function prepareSchema(given: unknown): PreparedSchema | null {
  const text = JSON.stringify(given);
  if (text === undefined || text.length > BYTES_MAX) return null;
  let isComplete = true;
  let nodes = 0;
  const references: SchemaNode[] = [];

  function prepare(value: unknown, depth: number): SchemaNode | boolean {
    nodes += 1;
    if (typeof value === 'boolean') return value;
    if (!isRecord(value) || depth > DEPTH_MAX || nodes > NODES_MAX) {
      isComplete = false;
      return true;
    }
    const node: SchemaNode = {};
    copyValues(value, node);
    copyType(value, node);
    copySubschemas(modernise(value), node, depth);
    if (value['$ref'] !== undefined) {
      node['$ref'] = value['$ref'];
      references.push(node);
    }
    if (UNCHECKED.some((keyword) => value[keyword] !== undefined)) isComplete = false;
    return node;
  }

  function copyValues(value: Readonly<SchemaNode>, node: SchemaNode): void {
    for (const [keyword, isValid] of Object.entries(VALUES)) {
      const member = value[keyword];
      if (member === undefined) continue;
      if (isValid(member)) node[keyword] = keyword === 'enum' || keyword === 'required' ? distinct(member) : member;
      else if (keyword !== 'required') isComplete = false;
    }
  }

  function copyType(value: Readonly<SchemaNode>, node: SchemaNode): void {
    if (value['type'] === undefined) return;
    const named = Array.isArray(value['type']) ? (value['type'] as unknown[]) : [value['type']];
    const types = [...new Set(named.filter((type) => TYPES.has(type)))];
    if (types.length < new Set(named).size || types.length === 0) {
      isComplete = false;
      return;
    }
    if (value['nullable'] === true && !types.includes('null')) types.push('null');
    if (types.includes('null') && Array.isArray(node['enum']) && value['nullable'] === true) {
      node['enum'] = distinct([...(node['enum'] as unknown[]), null]);
    }
    node['type'] = types.length === 1 ? types[0] : types;
  }

  function copySubschemas(value: Readonly<SchemaNode>, node: SchemaNode, depth: number): void {
    for (const keyword of SINGLE) {
      if (value[keyword] !== undefined) node[keyword] = prepare(value[keyword], depth + 1);
    }
    for (const keyword of LISTS) {
      const list = value[keyword];
      if (list === undefined) continue;
      if (Array.isArray(list) && list.length > 0) node[keyword] = list.map((member) => prepare(member, depth + 1));
      else isComplete = false;
    }
    for (const keyword of MAPS) {
      const map = value[keyword];
      if (map === undefined) continue;
      if (!isRecord(map)) isComplete = false;
      else node[keyword] = mapOf(Object.entries(map).map(([name, member]) => [name, prepare(member, depth + 1)]));
    }
  }

  const schema = prepare(given, 0);
  if (nodes > NODES_MAX || references.length > REFERENCES_MAX) return null;
  for (const node of references) {
    if (resolveReference(schema, node['$ref']) !== undefined) continue;
    delete node['$ref'];
    isComplete = false;
  }
  return { schema, isComplete };
}

/** The subschema that a reference within a prepared schema names; undefined when it leads nowhere. */
export function resolveReference(root: unknown, reference: unknown): unknown {
  if (reference === '#') return root;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const escaped of reference.slice(2).split('/')) {
    const key = decode(escaped)?.replaceAll('~1', '/').replaceAll('~0', '~');
    if (key === undefined) return undefined;
    if (Array.isArray(at)) at = (at as unknown[])[Number(key)];
    else if (isRecord(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return isRecord(at) || typeof at === 'boolean' ? at : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Tuples and dependencies of older drafts, in the words of the newest. */
function modernise(value: Readonly<SchemaNode>): Readonly<SchemaNode> {
  const { items, dependencies } = value;
  const modern: SchemaNode = { ...value };
  if (Array.isArray(items)) {
    delete modern['items'];
    if (items.length > 0) modern['prefixItems'] = items;
    if (value['additionalItems'] !== undefined) modern['items'] = value['additionalItems'];
  }
  if (isRecord(dependencies)) {
    const schemas = Object.entries(dependencies).map(([name, needed]) => [
      name,
      Array.isArray(needed) ? { required: needed } : needed,
    ]);
    modern['dependentSchemas'] = { ...(isRecord(value['dependentSchemas']) ? value['dependentSchemas'] : {}) };
    Object.assign(modern['dependentSchemas'] as SchemaNode, mapOf(schemas as [string, unknown][]));
  }
  return modern;
}

/** Keeps a member that is called `__proto__` a member. */
function mapOf(entries: readonly (readonly [string, unknown])[]): SchemaNode {
  return Object.fromEntries(entries) as SchemaNode;
}

function distinct(values: unknown): unknown[] {
  const known = new Map((values as unknown[]).map((value) => [JSON.stringify(value), value]));
  return [...known.values()];
}
