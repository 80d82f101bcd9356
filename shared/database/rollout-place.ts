import { sql } from 'kysely';
import type { RolloutKind, RolloutSettings } from '../domain/rollout.ts';
import { withSpentError } from '../domain/spend-error.ts';
import type { Database } from './connect.ts';

/**
 * A canary shares the error rates of its quarter (UTC) with those before it. A reverse canary has the whole of them: its
 * multiplicity is that of alarms, which have a budget of their own. What a person rolled back was no verdict of a test,
 * and earns nothing.
 */
export async function rolloutSettingsAtPlace(
  transaction: Database,
  opening: { readonly projectId: string; readonly kind?: RolloutKind; readonly settings: RolloutSettings },
): Promise<RolloutSettings> {
  if (opening.kind === 'reverse') return opening.settings;
  const { rows } = await sql<{ opened: number; rolledBack: number; promoted: number }>`
    SELECT count(*)::int AS opened, 
      count(*) FILTER (WHERE status = 'rolled_back' AND evidence ->> 'decision' = 'rollBack')::int AS rolled_back,
      count(*) FILTER (WHERE status = 'promoted' AND evidence ->> 'decision' = 'promote')::int AS promoted
    FROM rollout WHERE project_id = ${opening.projectId} AND kind = 'canary'
      AND opened_at >= date_trunc('quarter', now(), 'UTC')`.execute(transaction);
  const before = rows[0] ?? { opened: 0, rolledBack: 0, promoted: 0 };
  const { rolledBack, promoted } = before;
  return withSpentError(opening.settings, { place: before.opened + 1, rolledBack, promoted });
}
