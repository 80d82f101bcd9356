import { type WeightedShare, weightedShare } from '#shared/domain/weighted-share.ts';
import type { EvidenceCell } from './evidence-cell.ts';

/** Largest weight of a session, as where drafts are held against what was logged. */
const WEIGHT_MAX = 20;

/**
 * Mean quality of a model in a shape over all sessions of the shape, each weighing 1 / the chance that it had of the
 * model: where some routes send a kind of work to it and others hardly ever, a plain mean would be of that kind alone.
 * Null where no chance was logged.
 */
export function weighedMean(
  cells: readonly EvidenceCell[],
  of: { readonly turnShape: string | null; readonly model: string },
): WeightedShare | null {
  const sums = { sessions: 0, w: 0, v: 0, ww: 0, vv: 0, vw: 0 };
  for (const cell of cells) {
    if (cell.model !== of.model || (of.turnShape !== null && cell.turnShape !== of.turnShape)) continue;
    for (const { quality, sampled, propensity } of cell.sessions) {
      if (propensity === undefined || propensity === null || propensity <= 0) continue;
      const w = Math.min(WEIGHT_MAX, 1 / propensity);
      const v = w * (sampled?.value ?? quality);
      sums.sessions += 1;
      sums.w += w;
      sums.v += v;
      sums.ww += w * w;
      sums.vv += v * v;
      sums.vw += v * w;
    }
  }
  return weightedShare(sums);
}
