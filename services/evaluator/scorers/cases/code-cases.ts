import type { ScorerCase } from './scorer-case.ts';

/** The examples of every scorer in `code-scorers.ts`, by its id. */
export const CODE_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {};
