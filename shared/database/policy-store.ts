import { sql } from 'kysely';
import { contentHash } from '../content-hash.ts';
import { type ActivePolicies, activePoliciesSchema, type ServedPolicy } from '../domain/active-policies.ts';
import { modelsOfPolicy, type PolicyBody, policyBodySchema } from '../domain/policy.ts';
import {
  assessRisk,
  type PolicyRisk,
  policyChange,
  type RiskAssessment,
  type RiskClass,
  riskRulesOf,
} from '../domain/policy-risk.ts';
import { TrimtabError } from '../errors.ts';
import { appendAudit } from './audit-log.ts';
import { jsonText, storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { asPolicyRefusal } from './policy-refusal.ts';
import { readGovernance } from './read-governance.ts';

type PolicyState = 'proposed' | 'approved' | 'rejected';

export interface Policy {
  readonly projectId: string;
  readonly policyId: string;
  /** What people call it: `v7`. */
  readonly number: number;
  readonly body: PolicyBody;
  readonly parentId: string | null;
  readonly author: string;
  readonly reason: string;
  readonly evidence: unknown;
  readonly risk: string;
  /** Whether a change like this needs nobody, a canary or a person. */
  readonly riskClass: RiskClass;
  /** The same for the same change against another parent: what a cool-off after a rollback holds back. */
  readonly changeId: string;
  readonly state: PolicyState;
  readonly createdAt: Date;
}

export interface PolicyDraft {
  readonly projectId: string;
  readonly body: PolicyBody;
  readonly parentId: string | null;
  readonly author: string;
  readonly reason: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** What its author takes it for; what is stored is computed from the difference. */
  readonly risk?: PolicyRisk;
}

export interface ProposedPolicy {
  readonly policy: Policy;
  /** False when a policy of the same body was there already: it keeps its first author and evidence. */
  readonly created: boolean;
}

/** The id of a body: sha256 of its canonical JSON. Parent, author and evidence lie outside of it. */
export function policyIdOf(body: PolicyBody): string {
  return contentHash(body);
}

/**
 * Stores an immutable version; the same body twice is one version. Throws `invalid_request` for a body that is not a
 * policy or names an unknown prefix, and `model_not_allowed` (held by the database) for a model off the allow-list.
 */
export async function proposePolicy(database: Database, draft: PolicyDraft): Promise<ProposedPolicy> {
  if (!database.isTransaction) {
    return await database.transaction().execute((transaction) => proposePolicy(transaction, draft));
  }
  const parsed = policyBodySchema.safeParse(draft.body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TrimtabError('invalid_request', `not a policy: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const body = parsed.data;
  const policyId = policyIdOf(body);
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`trimtab.policy.${draft.projectId}`}, 0))`.execute(
    database,
  );
  const existing = await readPolicy(database, draft.projectId, policyId);
  if (existing !== null) return { policy: existing, created: false };
  await assertPrefixesExist(database, draft.projectId, body);
  const last = await database
    .selectFrom('policy')
    .select((build) => build.fn.max('number').as('number'))
    .where('projectId', '=', draft.projectId)
    .executeTakeFirst();
  const number = (last?.number ?? 0) + 1;
  const parentId = draft.parentId ?? (await readStableId(database, draft.projectId));
  const assessed = await assess(database, draft.projectId, parentId, body);
  await database
    .insertInto('policy')
    .values({
      projectId: draft.projectId,
      policyId,
      number,
      body: jsonText(body),
      schemaVersion: body.schema,
      parentId: draft.parentId,
      author: storableText(draft.author),
      reason: storableText(draft.reason),
      evidence: jsonText(draft.evidence),
      risk: assessed.risk,
      riskClass: assessed.riskClass,
      changeId: assessed.changeId,
    })
    .execute()
    .catch(asPolicyRefusal);
  await appendAudit(database, {
    projectId: draft.projectId,
    action: 'policy.proposed',
    actor: draft.author,
    subject: policyId,
    reason: draft.reason,
    details: {
      number,
      ...(draft.parentId === null ? {} : { parentId: draft.parentId }),
      ...assessed,
      models: modelsOfPolicy(body),
    },
  });
  const policy = await readPolicy(database, draft.projectId, policyId);
  if (policy === null) throw new TrimtabError('internal', 'a policy vanished in the transaction that wrote it');
  return { policy, created: true };
}

export async function readPolicy(database: Database, projectId: string, policyId: string): Promise<Policy | null> {
  const row = await database
    .selectFrom('policy')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .executeTakeFirst();
  return row === undefined ? null : asPolicy(row);
}

/** Finds a policy by what people type: `v7`, `7`, a whole id or the start of one (8 characters or more). */
export async function findPolicy(database: Database, projectId: string, name: string): Promise<Policy> {
  const number = /^v?(\d{1,7})$/.exec(name)?.[1];
  let query = database.selectFrom('policy').selectAll().where('projectId', '=', projectId);
  if (number !== undefined) query = query.where('number', '=', Number(number));
  else if (/^[0-9a-f]{8,64}$/.test(name)) query = query.where('policyId', 'like', `${name}%`);
  else throw new TrimtabError('invalid_request', 'name a policy as v7, or by 8 or more characters of its id');
  const rows = await query.limit(2).execute();
  const row = rows[0];
  if (row === undefined)
    throw new TrimtabError('not_found', `there is no policy ${name}; see \`trimtab policies list\``);
  if (rows.length > 1) throw new TrimtabError('conflict', `${name} is the start of several policy ids`);
  return asPolicy(row);
}

/** Newest first, before a number. */
export async function listPolicies(
  database: Database,
  projectId: string,
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<Policy[]> {
  let query = database.selectFrom('policy').selectAll().where('projectId', '=', projectId);
  if (page.before !== undefined) query = query.where('number', '<', page.before);
  const rows = await query.orderBy('number', 'desc').limit(page.limit).execute();
  return rows.map(asPolicy);
}

/**
 * What a gateway must hold to route, read in one snapshot so that pointer, policies, prefixes and allow-list belong
 * together. Null when the project has no pointer yet.
 */
export async function readActivePolicies(database: Database, projectId: string): Promise<ActivePolicies | null> {
  if (!database.isTransaction) {
    return await database
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((transaction) => readActivePolicies(transaction, projectId));
  }
  const pointer = await database
    .selectFrom('policyPointer')
    .selectAll()
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  if (pointer === undefined) return null;
  const stable = await readServed(database, projectId, pointer.stable);
  const canary = pointer.canary === null ? null : await readServed(database, projectId, pointer.canary);
  const governance = await readGovernance(database, projectId);
  const control = await database
    .selectFrom('optimizerControl')
    .select('paused')
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  const rollout =
    pointer.rolloutId === null
      ? null
      : {
          rolloutId: pointer.rolloutId,
          openedAtMs: pointer.rolloutOpenedAt?.getTime() ?? 0,
          canaryShare: pointer.canaryShare,
        };
  return activePoliciesSchema.parse({
    projectId,
    epoch: pointer.epoch,
    salt: pointer.salt,
    stable,
    canary,
    rollout,
    explorationShare: pointer.explorationShare,
    revoked: pointer.revoked,
    prefixes: await readPrefixTexts(database, projectId, [stable.body, ...(canary === null ? [] : [canary.body])]),
    models: governance?.body.models ?? [],
    governanceVersion: governance?.version ?? 0,
    paused: control?.paused ?? false,
    residency: governance?.body.residency,
    escalation: governance?.body.escalation,
  });
}

/** Stores a prefix under the hash of its text; the same text twice is one prefix. */
export async function storePrefix(
  database: Database,
  prefix: {
    readonly projectId: string;
    readonly body: string;
    readonly parentId: string | null;
    readonly clusterId: string | null;
    readonly author: string;
  },
): Promise<string> {
  const prefixId = contentHash({ prefix: prefix.body });
  await database
    .insertInto('prefix')
    .values({ ...prefix, prefixId })
    .onConflict((conflict) => conflict.columns(['projectId', 'prefixId']).doNothing())
    .execute();
  return prefixId;
}

/** The text of a prefix, or null when there is none of that id. */
export async function readPrefix(database: Database, projectId: string, prefixId: string): Promise<string | null> {
  const row = await database
    .selectFrom('prefix')
    .select('body')
    .where('projectId', '=', projectId)
    .where('prefixId', '=', prefixId)
    .executeTakeFirst();
  return row?.body ?? null;
}

async function readStableId(database: Database, projectId: string): Promise<string | null> {
  const pointer = await database
    .selectFrom('policyPointer')
    .select('stable')
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  return pointer?.stable ?? null;
}

/** Risk and change against the parent, else against what is served; the first policy of a project is a person's. */
async function assess(
  database: Database,
  projectId: string,
  parentId: string | null,
  body: PolicyBody,
): Promise<RiskAssessment & { readonly changeId: string }> {
  const parent = parentId === null ? null : await readPolicy(database, projectId, parentId);
  if (parent === null)
    return { risk: 'rule', riskClass: 'human', reasons: ['it is the first'], changeId: policyIdOf(body) };
  const governance = await readGovernance(database, projectId);
  const rules = riskRulesOf(governance?.body ?? null);
  return {
    ...assessRisk(parent.body, body, rules),
    changeId: contentHash(policyChange(parent.body, body)),
  };
}

async function readServed(database: Database, projectId: string, policyId: string): Promise<ServedPolicy> {
  const policy = await readPolicy(database, projectId, policyId);
  if (policy === null) throw new TrimtabError('internal', `the pointer names policy ${policyId}, which is not stored`);
  return { policyId: policy.policyId, number: policy.number, body: policy.body };
}

async function readPrefixTexts(
  database: Database,
  projectId: string,
  bodies: readonly PolicyBody[],
): Promise<Record<string, string>> {
  const ids = [...new Set(bodies.flatMap(prefixesOf))];
  if (ids.length === 0) return {};
  const rows = await database
    .selectFrom('prefix')
    .select(['prefixId', 'body'])
    .where('projectId', '=', projectId)
    .where('prefixId', 'in', ids)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.prefixId, row.body]));
}

async function assertPrefixesExist(database: Database, projectId: string, body: PolicyBody): Promise<void> {
  const known = await readPrefixTexts(database, projectId, [body]);
  const missing = prefixesOf(body).filter((prefixId) => known[prefixId] === undefined);
  if (missing.length > 0) {
    throw new TrimtabError('invalid_request', `policy names unknown prefixes: ${missing.join(', ')}`);
  }
}

function prefixesOf(body: PolicyBody): string[] {
  return body.routes.flatMap((route) => route.targets.flatMap((target) => target.prefixId ?? []));
}

function asPolicy(
  row: Omit<Policy, 'body' | 'state' | 'riskClass'> & {
    readonly body: unknown;
    readonly state: string;
    readonly riskClass: string;
  },
): Policy {
  const { projectId, policyId, number, parentId, author, reason, evidence, risk, changeId, createdAt } = row;
  const state: PolicyState = row.state === 'approved' || row.state === 'rejected' ? row.state : 'proposed';
  const body = policyBodySchema.parse(row.body);
  const riskClass: RiskClass = row.riskClass === 'automatic' || row.riskClass === 'canary' ? row.riskClass : 'human';
  const about = { parentId, author, reason, evidence, risk, riskClass, changeId, state, createdAt };
  return { projectId, policyId, number, body, ...about };
}
