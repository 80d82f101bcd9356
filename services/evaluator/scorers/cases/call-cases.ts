import type { ScorerCase } from './scorer-case.ts';

/** The examples of every scorer in `call-scorers.ts`, by its id. */
export const CALL_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {};
