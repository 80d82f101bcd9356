import type { Database } from '#shared/database/connect.ts';
import { activatePolicy } from '#shared/database/pointer-store.ts';
import { proposePolicy, storePrefix } from '#shared/database/policy-store.ts';
import { COLUMNS } from './columns.ts';
import { prefixedAlias } from './columns-config.ts';

/** What the policy puts before the prompt of calls that ask for a prefixed name. */
export const PREFIX = 'Make one tool call at a time.';

const AUTHOR = 'human:conformance';

/** Moves the pointer to a policy whose routes lead the prefixed name of every column to its plain model. */
export async function activatePrefixes(admin: Database, projectId: string): Promise<void> {
  const draft = { projectId, parentId: null, author: AUTHOR };
  const prefixId = await storePrefix(admin, { ...draft, body: PREFIX, clusterId: null });
  const routes = COLUMNS.map((column) => ({
    id: column.slug,
    match: { requestModel: prefixedAlias(column) },
    targets: [{ model: column.targets.plain.model, weight: 10_000, prefixId }],
    fallbacks: [],
    exploration: [],
  }));
  const safeDefault = COLUMNS[0]?.targets.plain.model ?? '';
  const body = { schema: 1 as const, turnShapeVersion: 1 as const, routes, safeDefault };
  const reason = 'lines about prefixes';
  const proposed = await proposePolicy(admin, { ...draft, body, reason, evidence: {}, risk: 'prefix' });
  await activatePolicy(admin, { projectId, actor: AUTHOR, reason, policyId: proposed.policy.policyId });
}
