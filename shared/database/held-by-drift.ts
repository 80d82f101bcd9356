import { type RawBuilder, sql } from 'kysely';

/** When a judge was away from its anchors; `key` as in a session's `judged_by`, `until` null while it is not settled. */
export interface DriftWindow {
  readonly key: string;
  readonly since: Date;
  readonly until: Date | null;
}

/** Whether a judge had a say in a row of `session` while it was away from its anchors. */
export function heldByDrift(drifts: readonly DriftWindow[]): RawBuilder<boolean> {
  if (drifts.length === 0) return sql<boolean>`false`;
  return sql<boolean>`EXISTS (
    SELECT 1 FROM unnest(${drifts.map(({ key }) => key)}::text[], ${drifts.map(({ since }) => since)}::timestamptz[],
      ${drifts.map(({ until }) => until ?? 'infinity')}::timestamptz[]) AS moved (judge, since, until)
    WHERE moved.judge = ANY (session.judged_by) AND session.quality_at >= moved.since
      AND session.quality_at < moved.until)`;
}
