import type { SampledQuality } from '#shared/domain/session-quality.ts';
import type { CellSession, RoutingCell } from '../routing/routing-cell.ts';

/** A scored session with what tells how far its quality may be believed. What is absent was not kept of it. */
export interface EvidenceSession extends CellSession {
  /** As drawn verdicts make it; null where every verdict was certain to be asked for. */
  readonly sampled?: SampledQuality | null;
  /** Its quality without any judge. */
  readonly qualityByRule?: number | null;
  /** Whether a judge that had moved away from its anchors had a say in it. */
  readonly heldByDrift?: boolean;
  /** Chance that it had of its model. */
  readonly propensity?: number | null;
  /** Of one of its calls, drawn by its id: how long it took, and how long its first chunk did. */
  readonly durationMs?: number | null;
  readonly timeToFirstChunkMs?: number | null;
}

export interface EvidenceCell extends RoutingCell {
  readonly sessions: readonly EvidenceSession[];
}
