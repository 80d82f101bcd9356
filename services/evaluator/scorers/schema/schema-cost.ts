import { isRecord } from '../json.ts';
import { resolveReference, type SchemaNode } from './prepare-schema.ts';

/** Subschemas that one value may have to be held against, references followed. */
const EXPANDED_NODES_MAX = 50_000;
/** Ways through a schema that names itself, for one value. */
const RECURSIVE_WAYS_MAX = 100_000;

/** How deep a value may be to be checked by a schema in bounded time, 0 when it never is; at the top is depth 1. */
export function checkableDepth(root: SchemaNode | boolean): number {
  const costs = new Map<unknown, number>();
  const open = new Set<unknown>();
  let loops = 0;

  function costOf(node: unknown): number {
    if (!isRecord(node)) return Array.isArray(node) ? sum(node) : 0;
    if (open.has(node)) {
      loops += 1;
      return 1;
    }
    const known = costs.get(node);
    if (known !== undefined) return known;
    open.add(node);
    const target = node['$ref'] === undefined ? undefined : resolveReference(root, node['$ref']);
    const members = Object.entries(node).flatMap(([key, member]) => {
      if (NO_SCHEMAS.has(key)) return [];
      return MAPS_OF_SCHEMAS.has(key) && isRecord(member) ? Object.values(member) : [member];
    });
    const cost = Math.min(EXPANDED_NODES_MAX + 1, 1 + sum(members) + costOf(target));
    open.delete(node);
    costs.set(node, cost);
    return cost;
  }

  function sum(members: readonly unknown[]): number {
    let total = 0;
    for (const member of members) total += costOf(member);
    return Math.min(total, EXPANDED_NODES_MAX + 1);
  }

  if (costOf(root) > EXPANDED_NODES_MAX) return 0;
  if (loops === 0) return Number.POSITIVE_INFINITY;
  // Each level of the value may multiply the ways by every reference that closes a loop.
  return Math.floor(Math.log(RECURSIVE_WAYS_MAX) / Math.log(Math.max(2, loops)));
}

/** Members that hold values, and definitions, which cost only where they are named. */
const NO_SCHEMAS: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'required', 'dependentRequired', '$ref', '$defs', 'definitions'],
]);
const MAPS_OF_SCHEMAS: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas']);
