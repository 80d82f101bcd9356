import type { Scorer } from './scorer.ts';

/** Scorers of files and code, of what reached the upstream, of safety and of speed. */
export const CODE_SCORERS: readonly Scorer[] = [];
