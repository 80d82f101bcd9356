import { sql } from 'kysely';
import { TrimtabError } from '../errors.ts';
import type { Database } from './connect.ts';

interface ServedPointer {
  readonly projectId: string;
  readonly stable: string;
  readonly revoked: readonly string[];
}

/** Ancestors that are looked at where the audit log knows of nothing that was served before. */
const ANCESTORS_MAX = 100;

/**
 * The policy that was stable before the present one: read from the audit log, which every move is written to, else the
 * parent. A policy that was itself rolled back is passed over, so that rolling back twice goes back two steps, and so
 * is one that names a model which has left the allow-list since.
 */
export async function readRollbackTarget(database: Database, pointer: ServedPointer): Promise<string> {
  const target = (await servedBefore(database, pointer)) ?? (await ancestorOf(database, pointer));
  if (target === null) throw new TrimtabError('conflict', 'there is no earlier policy to roll back to');
  return target;
}

async function servedBefore(database: Database, { projectId, stable, revoked }: ServedPointer): Promise<string | null> {
  const { rows } = await sql<{ policyId: string }>`
    SELECT policy.policy_id AS "policyId" FROM audit_event
      JOIN policy ON policy.project_id = audit_event.project_id AND policy.policy_id = details #>> '{before,stable}'
    WHERE audit_event.project_id = ${projectId}
      AND action IN ('policy.activated', 'policy.pinned', 'policy.rolled_back', 'rollout.promoted')
      AND ${isFit(stable, revoked)}
    ORDER BY sequence DESC LIMIT 1`.execute(database);
  return rows[0]?.policyId ?? null;
}

async function ancestorOf(database: Database, { projectId, stable, revoked }: ServedPointer): Promise<string | null> {
  const { rows } = await sql<{ policyId: string }>`
    WITH RECURSIVE line AS (
      SELECT policy_id, parent_id, 0 AS depth FROM policy WHERE project_id = ${projectId} AND policy_id = ${stable}
      UNION ALL
      SELECT policy.policy_id, policy.parent_id, depth + 1 FROM line
        JOIN policy ON policy.project_id = ${projectId} AND policy.policy_id = line.parent_id
      WHERE depth < ${ANCESTORS_MAX}
    )
    SELECT policy.policy_id AS "policyId" FROM line
      JOIN policy ON policy.project_id = ${projectId} AND policy.policy_id = line.policy_id
    WHERE ${isFit(stable, revoked)} AND policy.state = 'approved'
    ORDER BY depth LIMIT 1`.execute(database);
  return rows[0]?.policyId ?? null;
}

function isFit(stable: string, revoked: readonly string[]) {
  return sql`policy.policy_id <> ${stable} AND NOT policy.policy_id = ANY(${[...revoked]}::text[])
    AND NOT EXISTS (SELECT 1 FROM policy_models(policy.body) AS named(model) WHERE NOT EXISTS (
      SELECT 1 FROM allowed_model WHERE allowed_model.project_id = policy.project_id AND allowed_model.model = named.model))`;
}
