import { isRecord } from '../json.ts';
import { pointerStep, type Violation } from './violation.ts';

const DEPTH_MAX = 8;
const FOUND_MAX = 20;
/** Where properties may be declared besides, so that one that is not in `properties` may well be. */
const OTHER_DECLARATIONS = [
  ...['additionalProperties', 'patternProperties', 'unevaluatedProperties', 'dependentSchemas', 'dependencies'],
  ...['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'not', 'propertyNames'],
] as const;

/**
 * Properties that a schema does not name and does not forbid either: a tool that ignores them does not do what was asked,
 * and one that takes any makes good use of them.
 */
export function findUndeclared(schema: unknown, value: unknown): readonly Violation[] {
  const found: Violation[] = [];
  const visit = (node: unknown, at: unknown, path: string, depth: number): void => {
    if (!isRecord(node) || depth > DEPTH_MAX || found.length >= FOUND_MAX) return;
    if (Array.isArray(at)) {
      for (const [index, item] of at.entries()) visit(node['items'], item, path + pointerStep(index), depth + 1);
      return;
    }
    const { properties } = node;
    if (!isRecord(at) || !isRecord(properties)) return;
    const isClosed = Object.keys(properties).length > 0 && !OTHER_DECLARATIONS.some((key) => node[key] !== undefined);
    for (const [name, member] of Object.entries(at)) {
      const inner = path + pointerStep(name);
      if (Object.hasOwn(properties, name)) visit(properties[name], member, inner, depth + 1);
      else if (isClosed) found.push(undeclared(inner));
    }
  };
  visit(schema, value, '', 0);
  return found.slice(0, FOUND_MAX);
}

function undeclared(path: string): Violation {
  return {
    kind: 'unexpected_param',
    path,
    expectedVsActual: 'declared properties -> undeclared property',
    detail: 'has a property that the schema does not name',
    isDoubtful: true,
  };
}
