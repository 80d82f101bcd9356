import type { ErrorObject } from 'ajv/dist/2020.js';
import { lookUp } from '#shared/look-up.ts';
import { foldUnions } from './fold-unions.ts';
import { nearestMember } from './nearest-member.ts';
import { plainIdentifier, pointerStep, type Violation, type ViolationKind } from './violation.ts';

/** What a checker's error says, in our kinds. A value that has the wrong type is told once, as that. */
const KIND_OF_KEYWORD: Readonly<Record<string, ViolationKind>> = {
  required: 'missing_required',
  dependentRequired: 'missing_required',
  additionalProperties: 'unexpected_param',
  type: 'type_mismatch',
  enum: 'enum_violation',
  const: 'enum_violation',
};
const PRECEDENCE: readonly ViolationKind[] = [
  'type_mismatch',
  'enum_violation',
  'constraint_violation',
  'missing_required',
  'unexpected_param',
];
/** These only repeat what an error beside them says. */
const ECHOES: ReadonlySet<string> = new Set(['if']);

/** The violations of checked arguments, one for each place and kind. */
export function findViolations(errors: readonly ErrorObject[], value: unknown): readonly Violation[] {
  const violations = foldUnions(errors)
    .filter((error) => !ECHOES.has(error.keyword))
    .map((error) => toViolation(error, value));
  const best = new Map<string, Violation>();
  for (const violation of violations) {
    const known = best.get(violation.path);
    if (known === undefined || PRECEDENCE.indexOf(violation.kind) < PRECEDENCE.indexOf(known.kind)) {
      best.set(violation.path, violation);
    }
  }
  return [...best.values()];
}

function toViolation(error: ErrorObject, root: unknown): Violation {
  const kind = lookUp(KIND_OF_KEYWORD, error.keyword) ?? 'constraint_violation';
  const at = error.instancePath;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (kind) {
    case 'missing_required': {
      const name = params['missingProperty'];
      return {
        kind,
        path: at + pointerStep(String(name)),
        expectedVsActual: at === '' ? 'required property -> absent' : 'required nested property -> absent',
        detail: `lacks the required ${plainIdentifier(name)}`,
      };
    }
    case 'unexpected_param':
      return {
        kind,
        path: at + pointerStep(String(params['additionalProperty'])),
        expectedVsActual: 'declared properties only -> undeclared property',
        detail: 'has a property that the schema does not allow',
      };
    case 'type_mismatch':
      return typeMismatch(at, params['type'], valueAt(root, at));
    case 'enum_violation':
      return enumViolation(at, params, valueAt(root, at));
    default:
      return {
        kind,
        path: at,
        expectedVsActual: `${error.keyword} holds -> ${error.keyword} broken`,
        detail: `breaks the schema's ${error.keyword} at ${nameAt(at)}`,
      };
  }
}

function typeMismatch(path: string, expected: unknown, actual: unknown): Violation {
  const wanted = Array.isArray(expected) ? expected.join('|') : String(expected ?? 'alternatives');
  const found = isCoercible(expected, actual) ? `coercible ${typeOf(actual)}` : typeOf(actual);
  return {
    kind: 'type_mismatch',
    path,
    expectedVsActual: `type ${wanted} -> ${found}`,
    detail: `has ${found} where ${nameAt(path)} takes ${wanted}`,
  };
}

function enumViolation(path: string, params: Readonly<Record<string, unknown>>, actual: unknown): Violation {
  const allowed = Array.isArray(params['allowedValues'])
    ? (params['allowedValues'] as unknown[])
    : [params['allowedValue']];
  const near = nearestMember(actual, allowed);
  return {
    kind: 'enum_violation',
    path,
    expectedVsActual: `one of the values -> ${near === null ? 'another value' : 'a value like one of them'}`,
    detail:
      near === null
        ? `has a value that ${nameAt(path)} does not allow`
        : `has a value that ${nameAt(path)} does not allow, nearest is ${plainIdentifier(near)}`,
  };
}

function nameAt(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /^\d+$/.test(name) ? 'an item' : plainIdentifier(name);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A text that only has to be read as what was asked for. */
function isCoercible(expected: unknown, actual: unknown): boolean {
  if (typeof actual !== 'string') return false;
  const types = Array.isArray(expected) ? (expected as unknown[]) : [expected];
  if (types.includes('integer') && /^\s*-?\d{1,15}\s*$/.test(actual)) return true;
  if (types.includes('number') && actual.trim() !== '' && Number.isFinite(Number(actual))) return true;
  if (types.includes('boolean') && /^(true|false)$/i.test(actual)) return true;
  return (
    (types.includes('object') && /^\s*\{[\s\S]*\}\s*$/.test(actual)) ||
    (types.includes('array') && /^\s*\[[\s\S]*\]\s*$/.test(actual))
  );
}

function valueAt(root: unknown, path: string): unknown {
  if (path === '') return root;
  let at = root;
  for (const step of path.slice(1).split('/')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at;
}
