import type { SimilarityThresholds } from './embedder.ts';

/**
 * Thresholds of the embedders that ship with Trimtab, as `npm run bench:clusters -- --calibrate` prints them: found by
 * `calibrateThresholds` on the recorded failures of all models at hand. They change with an embedder's version.
 */
export const CALIBRATED = {
  'hashed-tf-idf': { attach: 0.5, tentative: 0.44 },
  'local-en': { attach: 0.7, tentative: 0.66 },
} as const satisfies Record<string, SimilarityThresholds>;
