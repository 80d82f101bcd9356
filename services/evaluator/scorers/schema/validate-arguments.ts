import { LRUCache } from 'lru-cache';
import { type CompiledSchema, compileSchema } from './compile-schema.ts';
import { findViolations } from './find-violations.ts';
import { findUndeclared } from './undeclared-properties.ts';
import type { Violation } from './violation.ts';

/** Text of schemas whose checkers are kept; a checker takes some ten times the room of its schema. */
const CACHED_SCHEMA_BYTES = 4 * 1_024 * 1_024;
const CACHED_SCHEMAS_MAX = 1_000;

/** What a tool's schema says of the arguments of one call. */
export interface Validation {
  readonly violations: readonly Violation[];
  /** False where not all of it could be checked. */
  readonly isComplete: boolean;
}

/** Checkers by the content of their schema: every call of a session has the same ones. */
const CHECKERS = new LRUCache<string, CompiledSchema>({ max: CACHED_SCHEMAS_MAX, maxSize: CACHED_SCHEMA_BYTES });

/** Holds arguments against a JSON Schema of any draft. Never throws, and takes bounded time for any schema and value. */
export function validateArguments(schema: Readonly<Record<string, unknown>>, value: unknown): Validation {
  const { errors, isComplete } = checkerOf(schema).check(value);
  const violations = errors.length === 0 ? [] : findViolations(errors, value);
  const undeclared = findUndeclared(schema, value);
  return { violations: [...violations, ...undeclared], isComplete };
}

/** Those of schemas that are at hand, so that one is not read again for the next call of its tool. */
const AT_HAND = new WeakMap<object, CompiledSchema>();

function checkerOf(schema: Readonly<Record<string, unknown>>): CompiledSchema {
  const atHand = AT_HAND.get(schema);
  if (atHand !== undefined) return atHand;
  const checker = checkerByContent(schema);
  AT_HAND.set(schema, checker);
  return checker;
}

function checkerByContent(schema: Readonly<Record<string, unknown>>): CompiledSchema {
  const text = JSON.stringify(schema);
  const known = CHECKERS.get(text);
  if (known !== undefined) return known;
  const checker = compileSchema(schema);
  if (text.length <= CACHED_SCHEMA_BYTES) CHECKERS.set(text, checker, { size: text.length + 1 });
  return checker;
}
