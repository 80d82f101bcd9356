import { sql } from 'kysely';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** A stored failure with what it is counted by. */
export interface CountedFailure {
  readonly templateId: string;
  readonly sessionId: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly prefixId: string | null;
  readonly policyId: string | null;
  readonly turnShape: string;
  readonly tool: string | null;
  readonly repo: string | null;
  readonly severity: string | null;
  readonly happenedAt: Date;
}

/**
 * Keeps everybody else from changing the clusters of a project until the transaction ends: counts are added to, and two
 * who move a template at once would count it twice. Whoever holds erasures as well takes them first.
 */
export async function holdClusters(transaction: Database, projectId: string): Promise<void> {
  await sql`SELECT hold_clusters(${projectId})`.execute(transaction);
}

/** Adds failures to the counts of the clusters that their templates are in; those in none are not counted. */
export async function countFailures(
  transaction: Database,
  projectId: string,
  failures: readonly CountedFailure[],
): Promise<void> {
  if (failures.length === 0) return;
  await sql`SELECT count_failures(${projectId}, ${asRecords(failures)}::jsonb)`.execute(transaction);
}

/** Takes failures out of the counts of the clusters that their templates are in. */
export async function uncountFailures(
  transaction: Database,
  projectId: string,
  failures: readonly CountedFailure[],
): Promise<void> {
  if (failures.length === 0) return;
  await sql`SELECT uncount_failures(${projectId}, ${asRecords(failures)}::jsonb)`.execute(transaction);
}

function asRecords(failures: readonly CountedFailure[]): string {
  return jsonText(
    failures.map((failure) => ({
      template_id: failure.templateId,
      session_id: failure.sessionId,
      provider: failure.provider,
      model: failure.model,
      prefix_id: failure.prefixId,
      policy_id: failure.policyId,
      turn_shape: failure.turnShape,
      tool: failure.tool,
      repo: failure.repo,
      severity: failure.severity,
      happened_at: failure.happenedAt,
    })),
  );
}
