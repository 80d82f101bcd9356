import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { TrimtabConfig } from '../config/config-schema.ts';
import { governanceOf } from '../config/governance-of.ts';
import { contentHash } from '../content-hash.ts';
import type { Governance } from '../domain/governance.ts';
import { modelsOfPolicy, type PolicyBody } from '../domain/policy.ts';
import { appendAudit, listAudit } from './audit-log.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';
import {
  activatePolicy,
  movePointer,
  type PointerMoved,
  type PolicyPointer,
  readPointer,
  recordMove,
  WITHOUT_ROLLOUT,
} from './pointer-store.ts';
import { policyIdOf, proposePolicy, readPolicy } from './policy-store.ts';
import { type GovernanceVersion, readGovernance } from './read-governance.ts';
import { closeRolloutRow } from './rollout-row.ts';
import { seedPolicyOf } from './seed-policy.ts';

export interface GovernanceImport {
  readonly version: number;
  /** False when the file says what the version in force says already. */
  readonly changed: boolean;
  /** The policy made of `routes:` and activated, because there was none. */
  readonly seededPolicyId?: string;
  /** The proposal made of a changed `routes:`; a person activates it. */
  readonly proposalId?: string;
}

const BLOCK_KEY_BYTES = 32;

/**
 * Brings a configuration file into the database: governance version, allow-list and prices at once, a first policy
 * from `routes:` when there is no pointer, else a proposal when `routes:` changed. Needs the admin role; run twice it
 * changes nothing. A removed model is refused by the database and dropped by the gateways from the next epoch on.
 */
export async function importGovernance(
  database: Database,
  config: TrimtabConfig,
  author: string,
): Promise<GovernanceImport> {
  const projectId = config.project;
  const body = governanceOf(config);
  const { version, changed } = await database.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`trimtab.governance.${projectId}`}, 0))`.execute(
      transaction,
    );
    await ensureProject(transaction, projectId);
    return await writeVersion(transaction, projectId, body, author);
  });
  const seed = seedPolicyOf(config);
  if (seed === null) return { version, changed };
  const pointer = await readPointer(database, projectId);
  if (pointer === null) {
    const seededPolicyId = await activateSeed(database, projectId, seed, author);
    return { version, changed, seededPolicyId };
  }
  const proposalId = await proposeChangedRoutes(database, projectId, seed, pointer.stable, author);
  return { version, changed, ...(proposalId === null ? {} : { proposalId }) };
}

async function ensureProject(transaction: Database, projectId: string): Promise<void> {
  await transaction
    .insertInto('project')
    .values({ projectId, blockKey: randomBytes(BLOCK_KEY_BYTES) })
    .onConflict((conflict) => conflict.column('projectId').doNothing())
    .execute();
}

async function writeVersion(
  transaction: Database,
  projectId: string,
  body: Governance,
  author: string,
): Promise<{ readonly version: number; readonly changed: boolean }> {
  const bodyHash = contentHash(body);
  const current = await readGovernance(transaction, projectId);
  if (current !== null && current.bodyHash === bodyHash) return { version: current.version, changed: false };
  const version = (current?.version ?? 0) + 1;
  const difference = modelDifference(current, body);
  await transaction
    .insertInto('governance')
    .values({ projectId, version, body: jsonText(body), bodyHash, author })
    .execute();
  await writeAllowList(transaction, projectId, body, version);
  await writePrices(transaction, projectId, body, version);
  const bumped = await bumpEpoch(transaction, projectId, body, difference.removed, author);
  await appendAudit(transaction, {
    projectId,
    action: 'governance.imported',
    actor: author,
    subject: `governance v${version}`,
    reason: current === null ? 'first import' : 'the configuration file changed',
    details: { version, bodyHash, ...difference, ...(bumped === null ? {} : { after: bumped }) },
  });
  return { version, changed: true };
}

async function writeAllowList(
  transaction: Database,
  projectId: string,
  body: Governance,
  governanceVersion: number,
): Promise<void> {
  const ids = body.models.map((model) => model.id);
  let removal = transaction.deleteFrom('allowedModel').where('projectId', '=', projectId);
  if (ids.length > 0) removal = removal.where('model', 'not in', ids);
  await removal.execute();
  for (const { id, provider, aliases, region, features } of body.models) {
    const facts = { provider, aliases, governanceVersion, region: region ?? null, features: features ?? null };
    await transaction
      .insertInto('allowedModel')
      .values({ projectId, model: id, ...facts })
      .onConflict((conflict) => conflict.columns(['projectId', 'model']).doUpdateSet(facts))
      .execute();
  }
}

/** Prices are kept per governance version, which a call carries, so that its cost can be recomputed after a change. */
async function writePrices(transaction: Database, projectId: string, body: Governance, version: number): Promise<void> {
  for (const { id, price } of body.models) {
    if (price === undefined) continue;
    await transaction
      .insertInto('price')
      .values({
        projectId,
        model: id,
        priceVersion: String(version),
        inputPerMillion: price.input,
        outputPerMillion: price.output,
        cacheReadPerMillion: price.cacheRead ?? price.input,
        cacheWritePerMillion: price.cacheWrite ?? price.input,
      })
      .onConflict((conflict) => conflict.columns(['projectId', 'model', 'priceVersion']).doNothing())
      .execute();
  }
}

/**
 * A new epoch makes every gateway read the allow-list anew: a removed model is out of service within seconds. Returns
 * where the pointer is now, for the event of the import; null when it has an event of its own or is not there yet.
 */
async function bumpEpoch(
  transaction: Database,
  projectId: string,
  body: Governance,
  removed: readonly string[],
  author: string,
): Promise<PointerMoved | null> {
  const pointer = await readPointer(transaction, projectId);
  if (pointer === null) return null;
  if (await isComparisonBroken(transaction, pointer, removed)) {
    const { rolloutId, canary } = pointer;
    const reason = `${removed.join(', ')} left the allow-list`;
    const explorationShare = Math.min(body.exploration, body.exposureMax);
    const moved = await movePointer(transaction, pointer, {}, { ...WITHOUT_ROLLOUT, explorationShare });
    await closeRolloutRow(transaction, rolloutId ?? '', 'aborted', { reason, removed });
    const change = { projectId, actor: author, reason };
    await recordMove(transaction, 'rollout.aborted', change, canary ?? '', pointer, moved, { rolloutId, removed });
    return null;
  }
  // A canary in flight keeps its share; exploration takes what the new limit leaves.
  const left = Math.max(0, body.exposureMax - pointer.canaryShare);
  return await movePointer(transaction, pointer, {}, { explorationShare: Math.min(body.exploration, left) });
}

/** Whether an arm of the running rollout loses a model: what it is served from now on is not what was compared. */
async function isComparisonBroken(
  transaction: Database,
  pointer: PolicyPointer,
  removed: readonly string[],
): Promise<boolean> {
  if (pointer.canary === null) return false;
  for (const policyId of [pointer.stable, pointer.canary]) {
    const policy = await readPolicy(transaction, pointer.projectId, policyId);
    if (policy !== null && modelsOfPolicy(policy.body).some((model) => removed.includes(model))) return true;
  }
  return false;
}

async function activateSeed(database: Database, projectId: string, body: PolicyBody, author: string): Promise<string> {
  const reason = 'seeded from the routes of the configuration file';
  const evidence = { source: 'routes' };
  const { policy } = await proposePolicy(database, {
    projectId,
    body,
    parentId: null,
    author,
    reason,
    evidence,
    risk: 'rule',
  });
  await activatePolicy(database, { projectId, policyId: policy.policyId, actor: author, reason });
  return policy.policyId;
}

/**
 * Compares with what the file said last and not with what is served, which the optimizer may have moved on from it.
 */
async function proposeChangedRoutes(
  database: Database,
  projectId: string,
  body: PolicyBody,
  stable: string,
  author: string,
): Promise<string | null> {
  const policyId = policyIdOf(body);
  if (policyId === stable) return null;
  const fileProposals = await listAudit(database, projectId, { limit: 1_000, actions: ['policy.proposed'] });
  const lastOfFile = fileProposals.find((event) => event.actor.startsWith('file:'));
  if (lastOfFile?.subject === policyId) return null;
  const { policy } = await proposePolicy(database, {
    projectId,
    body,
    parentId: stable,
    author,
    reason: 'the routes of the configuration file changed',
    evidence: { source: 'routes' },
    risk: 'rule',
  });
  return policy.policyId;
}

function modelDifference(current: GovernanceVersion | null, body: Governance) {
  const before = new Set(current?.body.models.map((model) => model.id) ?? []);
  const after = new Set(body.models.map((model) => model.id));
  return { added: [...after].filter((id) => !before.has(id)), removed: [...before].filter((id) => !after.has(id)) };
}
