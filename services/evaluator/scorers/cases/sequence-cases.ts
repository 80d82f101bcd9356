import type { ScorerCase } from './scorer-case.ts';

/** The examples of every scorer in `sequence-scorers.ts`, by its id. */
export const SEQUENCE_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {};
