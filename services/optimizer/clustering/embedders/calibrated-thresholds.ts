import type { SimilarityThresholds } from './embedder.ts';

/**
 * Thresholds of the embedders that ship with Trimtab, as `npm run bench:clusters -- --only default,local` finds them
 * by `calibrateThresholds` on the recorded failures of all models at hand (the tables of calibration in docs/clusters.md). They change with an embedder's version.
 */
export const CALIBRATED = {
  'hashed-tf-idf': { attach: 0.48, tentative: 0.4 },
  'local-en': { attach: 0.72, tentative: 0.64 },
} as const satisfies Record<string, SimilarityThresholds>;
