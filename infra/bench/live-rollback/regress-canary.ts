import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { findPolicy, proposePolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { openRollout, readRollout } from '#shared/database/rollout-store.ts';
import { rolloutEvidenceSchema, rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { startFakeJudge } from '#shared/testing/fake-judge.ts';
import { createFakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeScript } from '#shared/testing/fake-reply.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import type { TestDatabase } from '#shared/testing/test-database.ts';
import { createRolloutState } from '../../../services/optimizer/rollout/rollout-state.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { startTraffic, type Traffic } from '../../demo/traffic.ts';
import { startWholeSystem, type WholeSystem } from '../../testing/whole-system.ts';
import { CANARY_SHARE, CANDIDATE, INCUMBENT, regressionConfig } from './regression-config.ts';

/** A canary that is worse by so much, and what became of it. */
export interface Regression {
  /** How the rollout ended, and who ended it. */
  readonly status: string;
  readonly actor: string;
  readonly text: string;
  /** Pairs of a canary and a control session that the verdict took. */
  readonly pairs: number;
  /** Sessions that the candidate was given until it was rolled back. */
  readonly canarySessions: number;
  /** Sessions of everybody in that time. */
  readonly allSessions: number;
  /** From the opening to the rollback, by the database's clock. */
  readonly wallSeconds: number;
  /** What tool calls of so many more sessions being broken costs in mean quality: the share, times whole less broken. */
  readonly drop: number;
  readonly brokenShareAdded: number;
  readonly scoredSessions: number;
}

/** Sessions in which tool calls break under either policy. */
const BROKEN_SHARE = 0.1;
/** Scored sessions from which the worth of a whole and of a broken one is read before the canary. */
const WARM_UP_SESSIONS = 60;
const WARM_UP_BROKEN = 4;
/** By then the judge has spoken, too. */
const SETTLED_S = 6;
const DEADLINE_MS = 300_000;
const LOOK_MS = 200;
/** Quality between that of a broken session, which is capped, and of a whole one. */
const BETWEEN = 0.5;
const PROJECT = 'default';

/**
 * All services up, agents at work, a scripted provider and a judge: a policy that breaks the tool calls of so many more
 * sessions that their mean quality falls by `drop` gets a canary, and nobody does anything about it.
 */
export async function regressCanary(options: {
  readonly seed: number;
  /** Mean quality that is lost, 0 to 1. */
  readonly drop: number;
  /** Empty and migrated. */
  readonly database: TestDatabase;
}): Promise<Regression> {
  let script = breaking(BROKEN_SHARE);
  const provider = await createFakeProvider({ format: 'openai-chat', script: (...request) => script(...request) });
  const judge = await startFakeJudge();
  let system: WholeSystem | undefined;
  let traffic: Traffic | undefined;
  try {
    const config = regressionConfig({ provider: provider.baseUrl, judge: judge.baseUrl });
    system = await startWholeSystem(config, undefined, { database: options.database });
    traffic = startTraffic(system.gatewayUrl, 'bench', sessionIds(options.seed));
    const { database } = system;
    let worth = await readWorth(database, SETTLED_S);
    await until(async () => {
      worth = await readWorth(database, SETTLED_S);
      return worth.scored >= WARM_UP_SESSIONS && worth.broken >= WARM_UP_BROKEN;
    }, 'sessions are scored');
    const { whole, brokenWorth } = worth;
    const brokenShareAdded = options.drop / (whole - brokenWorth);
    script = breaking(BROKEN_SHARE, BROKEN_SHARE + brokenShareAdded);
    const before = traffic.counts().sessions;
    const rolloutId = await openCanary(database);
    const isOver = async () => (await readRollout(database, PROJECT, rolloutId))?.status !== 'running';
    await until(isOver, 'the rollout ends');
    const allSessions = traffic.counts().sessions - before;
    await traffic.stop();
    return { ...(await readOutcome(database, rolloutId, brokenShareAdded)), allSessions };
  } finally {
    await traffic?.stop();
    await system?.stop();
    await Promise.all([provider.close(), judge.close()]);
  }
}

function breaking(share: number, candidateShare = share): FakeScript {
  const faults = [
    { kind: 'malformed-arguments', when: { model: INCUMBENT, share } },
    { kind: 'malformed-arguments', when: { model: CANDIDATE, share: candidateShare } },
  ];
  const answer = 'Here is what the files say: {input}';
  return createScenarioScript(fakeScenarioSchema.parse({ answer, faults })).script;
}

const HEX_DIGITS = 32;

/** Names like UUIDs, the same ones for the same seed. */
function sessionIds(seed: number): () => string {
  const random = createSeededRandom(seed);
  const digit = () => Math.floor(16 * random.uniform()).toString(16);
  return () =>
    Array.from({ length: HEX_DIGITS }, digit)
      .join('')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, '$1-$2-$3-$4-$5');
}

async function openCanary(database: Database): Promise<string> {
  const governance = await readGovernance(database, PROJECT);
  if (governance === null) throw new Error('the project has no governance');
  const first = await findPolicy(database, PROJECT, 'v1');
  const routes = first.body.routes.map((route) => ({ ...route, targets: [{ model: CANDIDATE, weight: 10_000 }] }));
  const change = { projectId: PROJECT, reason: 'a policy that is worse than it looks' };
  const { policy } = await proposePolicy(database, {
    ...{ ...change, body: { ...first.body, routes }, parentId: first.policyId, author: 'human:bench', evidence: {} },
  });
  const settings = rolloutSettingsOf(governance.body);
  const { rolloutId } = await openRollout(database, {
    ...{ ...change, actor: 'human:bench', candidate: policy.policyId, canaryShare: CANARY_SHARE },
    ...{ settings, initialState: createRolloutState(settings) },
  });
  return rolloutId;
}

interface Worth {
  readonly scored: number;
  readonly broken: number;
  readonly whole: number;
  readonly brokenWorth: number;
}

/** What whole sessions are worth, and broken ones: each a mean over all, whoever served them. */
async function readWorth(database: Database, closedForSeconds = 0): Promise<Worth> {
  const { rows } = await sql<Worth>`
    SELECT count(quality)::int AS scored, count(*) FILTER (WHERE quality < ${BETWEEN})::int AS broken,
      avg(quality) FILTER (WHERE quality >= ${BETWEEN}) AS whole,
      avg(quality) FILTER (WHERE quality < ${BETWEEN}) AS "brokenWorth"
    FROM session WHERE project_id = ${PROJECT} AND closed_at < clock_timestamp() - make_interval(secs => ${closedForSeconds})`.execute(
    database,
  );
  return rows[0] ?? { scored: 0, broken: 0, whole: Number.NaN, brokenWorth: Number.NaN };
}

async function readOutcome(
  database: Database,
  rolloutId: string,
  brokenShareAdded: number,
): Promise<Omit<Regression, 'allSessions'>> {
  const rollout = await readRollout(database, PROJECT, rolloutId);
  const evidence = rolloutEvidenceSchema.parse(rollout?.evidence);
  const { rows } = await sql<{ actor: string; canarySessions: number }>`
    SELECT (SELECT actor FROM audit_event WHERE project_id = ${PROJECT} AND action LIKE 'rollout.%'
        AND action <> 'rollout.opened' ORDER BY sequence DESC LIMIT 1) AS actor,
      (SELECT count(*)::int FROM session WHERE rollout_id = ${rolloutId} AND variant = 'canary') AS "canarySessions"`.execute(
    database,
  );
  const { scored, whole, brokenWorth } = await readWorth(database);
  const closedAtMs = rollout?.closedAt?.getTime() ?? Number.NaN;
  const canary = (await readPointer(database, PROJECT))?.canary;
  return {
    status: canary === null ? (rollout?.status ?? 'gone') : 'still served',
    actor: rows[0]?.actor ?? '',
    text: evidence.text,
    pairs: evidence.pairs,
    canarySessions: rows[0]?.canarySessions ?? 0,
    wallSeconds: (closedAtMs - (rollout?.openedAt.getTime() ?? Number.NaN)) / 1_000,
    drop: brokenShareAdded * (whole - brokenWorth),
    brokenShareAdded,
    scoredSessions: scored,
  };
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await delay(LOOK_MS);
  }
}
