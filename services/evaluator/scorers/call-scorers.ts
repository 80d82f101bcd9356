import type { Scorer } from './scorer.ts';

/** Scorers of single tool calls: names, arguments, and what the request allowed. */
export const CALL_SCORERS: readonly Scorer[] = [];
