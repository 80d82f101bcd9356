import { type Encoding, lose, type RequestPath } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import type { LossKind } from '../loss.ts';

/** How deep a schema may go; generated ones stay far below, and recursive ones are cut before. */
export const SCHEMA_DEPTH_MAX = 32;
/** How often a reference may occur within itself: one level below the first shows the model how it goes on. */
export const RECURSION_MAX = 2;
/** References that fan out would grow without bound; Gemini refuses schemas that are far smaller than this. */
export const SCHEMA_NODES_MAX = 4_000;

/** Where the rewriting of one schema stands. */
export interface SchemaRewriting {
  readonly encoding: Encoding;
  /** The whole schema, which references point into. */
  readonly root: JsonObject;
  readonly path: RequestPath;
  /** References that were followed to get here. */
  readonly references: readonly string[];
  readonly depth: number;
  readonly budget: { nodes: number };
}

export function startRewriting(encoding: Encoding, root: JsonObject, path: RequestPath): SchemaRewriting {
  return { encoding, root, path, references: [], depth: 0, budget: { nodes: SCHEMA_NODES_MAX } };
}

export function descend(rewriting: SchemaRewriting, ...steps: readonly (string | number)[]): SchemaRewriting {
  return { ...rewriting, path: [...rewriting.path, ...steps], depth: rewriting.depth + 1 };
}

export function loseKeyword(
  rewriting: SchemaRewriting,
  kind: LossKind,
  keyword: string | readonly (string | number)[],
  detail: string,
): void {
  const steps = typeof keyword === 'string' ? [keyword] : keyword;
  lose(rewriting.encoding, kind, [...rewriting.path, ...steps], detail);
}
