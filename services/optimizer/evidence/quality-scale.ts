import type { Governance } from '#shared/domain/governance.ts';
import type { EvidenceCell } from './evidence-cell.ts';

/** Ends of the qualities that sessions may come to: 0 and 1, and beyond where verdicts are drawn. */
export interface QualityScale {
  readonly low: number;
  readonly high: number;
}

const PLAIN: QualityScale = { low: 0, high: 1 };
const TOLERANCE_MAX = 0.5;

/**
 * The scale of a window. Evidence needs qualities within 0 and 1, and qualities that are right on average go beyond them
 * where verdicts are drawn; so all of the window are brought within 0 and 1 by one line, with the bar and the tolerance,
 * and what holds of the ones holds of the others. The ends depend on the chances of being judged and on what rules said,
 * and on no verdict. Proofs take longer by about the square of the span: that is what is not known for judging less.
 */
export function scaleOf(cells: readonly EvidenceCell[]): QualityScale {
  let { low, high } = PLAIN;
  for (const { sessions } of cells) {
    for (const { sampled } of sessions) {
      if (sampled === undefined || sampled === null) continue;
      if (sampled.low < low) low = sampled.low;
      if (sampled.high > high) high = sampled.high;
    }
  }
  return { low, high };
}

export function isPlain({ low, high }: QualityScale): boolean {
  return low === PLAIN.low && high === PLAIN.high;
}

/** Cells with qualities that are right on average, on the scale. */
export function scaleCells<Cell extends EvidenceCell>(cells: readonly Cell[], scale: QualityScale): readonly Cell[] {
  if (isPlain(scale)) return cells;
  return cells.map((cell) => ({
    ...cell,
    sessions: cell.sessions.map((session) => ({
      ...session,
      quality: onScale(session.sampled?.value ?? session.quality, scale),
    })),
  }));
}

/** Governance with its bar and its tolerance on the scale. */
export function scaleGovernance(governance: Governance, scale: QualityScale): Governance {
  if (isPlain(scale)) return governance;
  const { provenTolerance } = governance.alphas;
  return {
    ...governance,
    qualityBar: onScale(governance.qualityBar, scale),
    alphas: {
      ...governance.alphas,
      provenTolerance: Math.min(TOLERANCE_MAX, provenTolerance / (scale.high - scale.low)),
    },
  };
}

/** A quality on the scale as people know it; averages of a few sessions may lie beyond what a quality can be. */
export function offScale(quality: number, { low, high }: QualityScale): number {
  return Math.min(1, Math.max(0, low + quality * (high - low)));
}

function onScale(quality: number, { low, high }: QualityScale): number {
  return Math.min(1, Math.max(0, (quality - low) / (high - low)));
}
