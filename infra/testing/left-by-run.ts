import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { listPolicies } from '#shared/database/policy-store.ts';

/** What a run has left of policies, and how often each change of them is in the audit log. */
export interface LeftByRun {
  readonly stable: string | undefined;
  readonly canary: string | null | undefined;
  readonly epoch: number | undefined;
  readonly policies: readonly string[];
  readonly rollouts: readonly string[];
  readonly audit: Readonly<Record<string, number>>;
}

/** Where a run stands. */
export interface RunRow {
  readonly status: string;
  readonly attempt: number;
  readonly fence: number;
  readonly step: string | null;
  readonly checkpoint: readonly string[];
}

/** Runs of a project that has few. */
export async function readRunRows(owner: Database, project: string): Promise<readonly RunRow[]> {
  const rows = await owner.selectFrom('optimizerRun').selectAll().where('projectId', '=', project).execute();
  return rows.map(({ status, attempt, fence, progress, checkpoint }) => ({
    ...{ status, attempt, fence },
    step: (progress as { readonly step?: string | null }).step ?? null,
    checkpoint: Object.keys(checkpoint as object),
  }));
}

export async function readRunRow(owner: Database, project: string): Promise<RunRow | null> {
  return (await readRunRows(owner, project))[0] ?? null;
}

export async function readLeft(owner: Database, project: string): Promise<LeftByRun> {
  const pointer = await readPointer(owner, project);
  const policies = await listPolicies(owner, project, { limit: 10 });
  const rollouts = await owner.selectFrom('rollout').select('status').where('projectId', '=', project).execute();
  const { rows } = await sql<{ action: string; count: number }>`
    SELECT action, count(*)::int AS count FROM audit_event
    WHERE project_id = ${project} AND actor LIKE 'optimizer:%' GROUP BY action ORDER BY action`.execute(owner);
  return {
    ...{ stable: pointer?.stable, canary: pointer?.canary, epoch: pointer?.epoch },
    policies: policies.map(({ policyId }) => policyId),
    rollouts: rollouts.map(({ status }) => status),
    audit: Object.fromEntries(rows.map(({ action, count }) => [action, count])),
  };
}
