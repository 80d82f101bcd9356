import type * as z from 'zod';
import { closestName } from '../closest-name.ts';
import { configSchema } from './config-schema.ts';

/** One thing wrong in the file: where, what, and what to write instead. */
export interface ConfigProblem {
  readonly path: string;
  readonly line: number | null;
  readonly message: string;
}

/** Line of the value at a path, counted from 1; of its nearest existing parent when it is absent. */
export type LineOf = (path: readonly PropertyKey[]) => number | null;

export function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(file)' : path.map(String).join('.');
}

/** Turns zod's issues into problems; an unknown key is told with the nearest known one. */
export function describeProblems(error: z.ZodError, lineOf: LineOf): readonly ConfigProblem[] {
  return error.issues.flatMap((issue): ConfigProblem[] => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ path: pathText(issue.path), line: lineOf(issue.path), message: issue.message }];
    }
    return issue.keys.map((key) => {
      const nearest = closestName(key, knownKeys(issue.path));
      const hint =
        nearest === undefined ? `known here: ${knownKeys(issue.path).join(', ')}` : `did you mean "${nearest}"?`;
      return {
        path: pathText([...issue.path, key]),
        line: lineOf([...issue.path, key]),
        message: `is not a setting; ${hint}`,
      };
    });
  });
}

/** Names of the settings that may stand at a path, found by walking the schema along it. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const segment of path) schema = memberSchema(unwrap(schema), segment);
  const shape = definition(unwrap(schema))?.['shape'];
  return shape === undefined ? [] : Object.keys(shape as Record<string, unknown>);
}

function definition(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { def?: Record<string, unknown> } | undefined)?.def;
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  while (definition(current)?.['innerType'] !== undefined) current = definition(current)?.['innerType'];
  return current;
}

function memberSchema(schema: unknown, segment: PropertyKey): unknown {
  const known = definition(schema);
  if (known?.['type'] === 'array') return known['element'];
  if (known?.['type'] === 'record') return known['valueType'];
  return (known?.['shape'] as Record<PropertyKey, unknown> | undefined)?.[segment];
}
