import type { Scorer } from './scorer.ts';

/** Scorers of a call within its conversation: ids, stops, repetitions, results and what became of them. */
export const SEQUENCE_SCORERS: readonly Scorer[] = [];
