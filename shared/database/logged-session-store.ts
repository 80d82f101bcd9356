import { sql } from 'kysely';
import type { Database } from './connect.ts';
import { type DriftWindow, heldByDrift } from './held-by-drift.ts';

/** A scored session with what the gateway wrote down of the choice of its model, from its main call. */
export interface LoggedSessionRow {
  readonly sessionId: string;
  readonly turnShape: string;
  readonly requestModel: string;
  readonly developer: string | null;
  readonly repo: string | null;
  readonly model: string;
  /** Undefined where a fallback stepped in: what the chosen model would have got is not written down. */
  readonly prefixId: string | null | undefined;
  readonly propensity: number;
  /** As drawn verdicts make it, and so not always within 0 and 1. */
  readonly quality: number;
}

export interface LoggedWindow {
  readonly since: Date;
  /** Sessions that closed after it are not seen: a run that is resumed must see what it saw before. */
  readonly asOf: Date;
  /** Sessions in which such a judge had a say are left out. */
  readonly drifts: readonly DriftWindow[];
}

/** Enough for estimates to within a point, and little enough to be held in memory and drawn from many times. */
const LOGGED_SESSIONS_MAX = 20_000;

/**
 * The newest closed and scored sessions whose main call has a logged chance. Canaries are left out: their chance is that
 * of the canary's own targets, and not of a session of the project. Sessions from before a model was served as another
 * one were that other one's.
 */
export async function readLoggedSessions(
  database: Database,
  projectId: string,
  window: LoggedWindow,
): Promise<LoggedSessionRow[]> {
  const rows = await sql<LoggedSessionRow & { readonly steppedIn: boolean }>`
    SELECT session.session_id AS "sessionId", session.turn_shape AS "turnShape", call.request_model AS "requestModel",
      session.developer, session.repo, session.model, call.prefix_id AS "prefixId", call.propensity,
      coalesce(session.quality_unbounded, session.quality) AS quality,
      call.path = 'fallback' AS "steppedIn"
    FROM session JOIN call ON call.call_id = coalesce(session.main_call_id, session.first_call_id)
      AND call.project_id = session.project_id
    WHERE session.project_id = ${projectId} AND closed_at IS NOT NULL AND closed_at <= ${window.asOf}
      AND session.started_at >= ${window.since} AND session.quality IS NOT NULL AND quality_at <= ${window.asOf}
      AND session.model IS NOT NULL AND session.variant IN ('stable', 'control', 'exploration')
      AND call.call_id >= lowest_call_id(${window.since}::timestamptz)
      AND call.source <> 'replay' AND call.propensity > 0
      AND NOT ${heldByDrift(window.drifts)}
      AND session.started_at >= coalesce((SELECT max(changed_at) FROM served_model
        WHERE served_model.project_id = session.project_id AND served_model.model = session.model
          AND changed_at <= ${window.asOf}), '-infinity')
    ORDER BY session.started_at DESC, session.session_id DESC LIMIT ${LOGGED_SESSIONS_MAX}`.execute(database);
  return rows.rows.map(({ steppedIn, prefixId, ...row }) => ({ ...row, prefixId: steppedIn ? undefined : prefixId }));
}
