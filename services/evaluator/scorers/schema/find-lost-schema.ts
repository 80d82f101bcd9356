import { isRecord, type JsonRecord } from '../json.ts';
import { resolveReference } from './prepare-schema.ts';
import { pointerStep } from './violation.ts';

const DEPTH_MAX = 24;
/** Keywords that say what they say by their value alone. */
const PLAIN = [
  ...['description', 'default', 'pattern', 'format', 'uniqueItems', 'multipleOf', 'minimum', 'maximum'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
] as const;
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;

/** What of a schema is not in the one that was made of it. */
export interface LostPart {
  /** JSON pointer inside the schema. */
  readonly path: string;
  readonly keyword: string;
}

/**
 * The first thing that a schema says and its translation does not; null when all is there. What says the same in other
 * words (a reference written out, one value as a constant, a nullable type) is there, and more than was said may be.
 */
export function findLostPart(schema: unknown, translated: unknown): LostPart | null {
  // Most codecs hand a schema on as it is.
  if (schema === translated) return null;
  const roots = { schema, translated };
  const visit = (given: unknown, got: unknown, path: string, depth: number): LostPart | null => {
    const said = resolve(roots.schema, given);
    const kept = resolve(roots.translated, got);
    if (!isRecord(said) || depth > DEPTH_MAX) return null;
    if (!isRecord(kept)) return Object.keys(said).length === 0 || kept === true ? null : { path, keyword: 'schema' };
    const alternatives = alternativesOf(said);
    const nullable = alternatives.length > 0 ? withoutNull(alternatives) : null;
    // One alternative beside null is often written as that one, nullable.
    if (nullable?.length === 1 && alternativesOf(kept).length === 0) {
      return lostHere(said, kept, path) ?? visit(nullable[0], { ...kept, description: undefined }, path, depth + 1);
    }
    return lostHere(said, kept, path) ?? lostBelow(said, kept, path, depth);
  };

  const lostBelow = (said: JsonRecord, kept: JsonRecord, path: string, depth: number): LostPart | null => {
    for (const [name, member] of Object.entries(isRecord(said['properties']) ? said['properties'] : {})) {
      const properties = isRecord(kept['properties']) ? kept['properties'] : {};
      const at = `${path}/properties${pointerStep(name)}`;
      if (!Object.hasOwn(properties, name)) return { path: at, keyword: 'property' };
      const lost = visit(member, properties[name], at, depth + 1);
      if (lost !== null) return lost;
    }
    if (isRecord(said['items'])) {
      const lost = visit(said['items'], kept['items'], `${path}/items`, depth + 1);
      if (lost !== null) return lost;
    }
    const before = alternativesOf(said);
    const after = alternativesOf(kept);
    if (before.length > 0 && after.length < withoutNull(before).length) return { path, keyword: 'alternatives' };
    if (before.length !== after.length) return null;
    return (
      before.map((each, index) => visit(each, after[index], path, depth + 1)).find((lost) => lost !== null) ?? null
    );
  };

  return visit(schema, translated, '', 0);
}

function lostHere(said: JsonRecord, kept: JsonRecord, path: string): LostPart | null {
  for (const keyword of PLAIN) {
    if (said[keyword] === undefined || said[keyword] === kept[keyword]) continue;
    if (JSON.stringify(said[keyword]) === JSON.stringify(kept[keyword])) continue;
    return { path, keyword };
  }
  const required = textsOf(said['required']);
  const keptRequired = new Set(textsOf(kept['required']));
  if (required.some((name) => !keptRequired.has(name))) return { path, keyword: 'required' };
  const values = valuesOf(said);
  if (values !== null && !isSameSet(values, valuesOf(kept))) return { path, keyword: 'enum' };
  const types = typesOf(said);
  if (types.size > 0 && alternativesOf(kept).length === 0 && !isSubset(types, typesOf(kept)))
    return { path, keyword: 'type' };
  return null;
}

function resolve(root: unknown, node: unknown): unknown {
  let at = node;
  for (let step = 0; isRecord(at) && at['$ref'] !== undefined && step < DEPTH_MAX; step += 1) {
    const target = resolveReference(root, at['$ref']);
    if (!isRecord(target)) return at;
    const { $ref: _reference, ...beside } = at;
    at = { ...target, ...beside };
  }
  return at;
}

function alternativesOf(node: JsonRecord): readonly unknown[] {
  for (const keyword of ALTERNATIVES) if (Array.isArray(node[keyword])) return node[keyword];
  return [];
}

function withoutNull(alternatives: readonly unknown[]): readonly unknown[] {
  return alternatives.filter((each) => !(isRecord(each) && each['type'] === 'null'));
}

function textsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function valuesOf(node: JsonRecord): readonly unknown[] | null {
  if (Array.isArray(node['enum'])) return node['enum'];
  return node['const'] === undefined ? null : [node['const']];
}

/** Some wire formats have texts only as values. */
function isSameSet(left: readonly unknown[], right: readonly unknown[] | null): boolean {
  const texts = (values: readonly unknown[]) => new Set(values.filter((value) => value !== null).map(String));
  return right !== null && isSubset(texts(left), texts(right)) && isSubset(texts(right), texts(left));
}

function typesOf(node: JsonRecord): ReadonlySet<string> {
  const named = Array.isArray(node['type']) ? (node['type'] as unknown[]) : [node['type']];
  return new Set(
    named.filter((type) => typeof type === 'string' && type !== 'null').map((type) => String(type).toLowerCase()),
  );
}

function isSubset<Member>(some: ReadonlySet<Member>, all: ReadonlySet<Member>): boolean {
  return [...some].every((member) => all.has(member));
}
