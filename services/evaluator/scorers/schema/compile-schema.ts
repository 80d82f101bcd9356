import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { compileLinearPattern } from './linear-pattern.ts';
import { prepareSchema } from './prepare-schema.ts';
import { checkableDepth } from './schema-cost.ts';

/** Errors of one value that are looked at; what breaks a schema in more places has been shown to break it. */
const ERRORS_MAX = 200;
/** Members of one value at all levels; comparing all of a list with each other takes the square of it. */
const VALUE_NODES_MAX = 5_000;

/** What a compiled schema says of a value. */
export interface SchemaVerdict {
  readonly errors: readonly ErrorObject[];
  /** False where a part of the schema, or the value, could not be checked. */
  readonly isComplete: boolean;
}

export interface CompiledSchema {
  check(value: unknown): SchemaVerdict;
}

const UNCHECKED: SchemaVerdict = { errors: [], isComplete: false };

/** Compiles a user's schema; one that cannot be compiled, or not checked in bounded time, leaves every value unchecked. */
export function compileSchema(given: unknown): CompiledSchema {
  const prepared = prepareSchema(given);
  const depthMax = prepared === null ? 0 : checkableDepth(prepared.schema);
  // Set while a value is checked: a pattern that could not be tried passes, and is told.
  let isSkipped = false;
  const patterns = { hasSkipped: () => isSkipped, skip: () => (isSkipped = true) };
  const validate = prepared === null || depthMax === 0 ? null : compile(prepared.schema, patterns.skip);
  if (prepared === null || validate === null) return { check: () => UNCHECKED };
  return {
    check(value) {
      if (!isCheckable(value, depthMax)) return UNCHECKED;
      isSkipped = false;
      try {
        const errors = validate(value) ? [] : (validate.errors ?? []).slice(0, ERRORS_MAX);
        return { errors, isComplete: prepared.isComplete && !isSkipped };
      } catch {
        // A schema that refers to itself in place has no end.
        return UNCHECKED;
      }
    },
  };
}

/** A new instance each: one that is kept would keep every schema that it has ever seen. */
function compile(schema: boolean | object, skip: () => void): ValidateFunction | null {
  try {
    const ajv = new Ajv2020({
      ...{ strict: false, logger: false, meta: false, validateSchema: false },
      ...{ allErrors: true, ownProperties: true },
      code: { regExp: Object.assign((source: string) => patternOf(source, skip), { code: 'linearPattern' }) },
    });
    addFormats.default(ajv, { mode: 'fast', formats: [...FORMATS] });
    const isoDateTime = addFormats.default.get('iso-date-time', 'fast');
    // A time without its zone is what most tools take, and what most models send.
    ajv.addFormat('date-time', isoDateTime);
    return ajv.compile(schema);
  } catch {
    return null;
  }
}

/** Formats that are checked; others are annotations. */
const FORMATS = ['date', 'time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6'] as const;

function patternOf(source: string, skip: () => void) {
  const pattern = compileLinearPattern(source);
  return {
    toString: () => source,
    test(text: string): boolean {
      const matches = pattern?.test(text) ?? null;
      if (matches === null) skip();
      return matches ?? true;
    },
  };
}

function isCheckable(value: unknown, depthMax: number): boolean {
  let nodes = 0;
  const visit = (member: unknown, depth: number): boolean => {
    nodes += 1;
    if (typeof member !== 'object' || member === null) return nodes <= VALUE_NODES_MAX;
    if (depth > depthMax || nodes > VALUE_NODES_MAX) return false;
    return Object.values(member).every((inner) => visit(inner, depth + 1));
  };
  return visit(value, 1);
}
