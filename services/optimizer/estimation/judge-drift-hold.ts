import type { EvidenceCell, EvidenceSession } from '../evidence/evidence-cell.ts';
import type { RoutingAlarm } from '../routing/routing-cell.ts';
import { createBarEvidence, logBelow, updateBarEvidence } from './bar-evidence.ts';

/** Sessions from before the move without which nothing is known of what rules say of the model. */
const SESSIONS_BEFORE_MIN = 30;
/** How far the mean by rule may fall without being a fall: it is an estimate, too. */
const FALL_TOLERANCE = 0.05;
/** Wealth at which it has fallen; as for a proven model, where judges are believed. */
const FALLEN_AT = Math.log(100);

export interface HeldCells<Cell extends EvidenceCell> {
  /** Without the sessions that are held. */
  readonly cells: readonly Cell[];
  /** Models that fell by rule alone, which is news whatever the judge does. */
  readonly falls: readonly RoutingAlarm[];
  /** How many sessions of a cell are held, by turn shape and model. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * Leaves out the sessions that a judge which had moved had a say in: what it says now is news of the judge, and neither
 * proves a model nor fells one. What rules say of them goes on counting: where it falls clearly under what it was before
 * the move, the model has fallen. It proves nothing, since a quality by rule lies beside the bar and not under it.
 */
export function holdForDrift<Cell extends EvidenceCell>(cells: readonly Cell[]): HeldCells<Cell> {
  if (!cells.some((cell) => cell.sessions.some(isHeld))) return { cells, falls: [], held: new Map() };
  const held = new Map<string, number>();
  const falls: RoutingAlarm[] = [];
  const kept = cells.map((cell): Cell => {
    const out = cell.sessions.filter(isHeld);
    if (out.length === 0) return cell;
    held.set(heldKey(cell), out.length);
    const sessions = cell.sessions.filter((session) => !isHeld(session));
    const atMs = fellByRule(sessions, out);
    if (atMs !== null) falls.push({ turnShape: cell.turnShape, model: cell.model, atMs });
    return { ...cell, sessions };
  });
  return { cells: kept, falls, held };
}

export function heldKey({ turnShape, model }: { readonly turnShape: string; readonly model: string }): string {
  return JSON.stringify([turnShape, model]);
}

function isHeld(session: EvidenceSession): boolean {
  return session.heldByDrift === true;
}

/** When the model fell by what rules alone say, or null. */
function fellByRule(kept: readonly EvidenceSession[], held: readonly EvidenceSession[]): number | null {
  const movedAtMs = held[0]?.atMs ?? 0;
  const before = kept.filter((session) => session.atMs < movedAtMs).flatMap((session) => session.qualityByRule ?? []);
  if (before.length < SESSIONS_BEFORE_MIN) return null;
  const bar = before.reduce((sum, quality) => sum + quality, 0) / before.length - FALL_TOLERANCE;
  let evidence = createBarEvidence();
  for (const { qualityByRule, atMs } of held) {
    if (qualityByRule === undefined || qualityByRule === null) continue;
    evidence = updateBarEvidence(evidence, qualityByRule, { above: bar, below: bar, restarts: true });
    if (logBelow(evidence) >= FALLEN_AT) return atMs;
  }
  return null;
}
