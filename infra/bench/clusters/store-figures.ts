import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { recordFailures } from '#shared/database/failure-store.ts';
import { migrateAll } from '#shared/database/migrate.ts';
import type { FailureFacts } from '#shared/domain/failure-cluster.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { insertCall, insertFailure, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import type { ApiDeps } from '../../../services/optimizer/api/api-deps.ts';
import { clusterRoutes } from '../../../services/optimizer/api/routes/cluster-routes.ts';
import { createFailureClustering } from '../../../services/optimizer/cluster-failures.ts';
import { maskTemplate } from '../../../services/optimizer/clustering/mask-template.ts';
import { SIGNATURE_ALGORITHM, signatureOf } from '../../../services/optimizer/clustering/signature.ts';
import { createPolicyChanges } from '../../../services/optimizer/policy-changes.ts';
import { atMost, below, type ClusterResult, meanOf, middleOf, percentileOf } from './cluster-figure.ts';
import { fillStore } from './fill-store.ts';

const PROJECT = 'bench';
/** How often the optimizer looks for new failures, as its configuration has it. */
const LOOK_EVERY_S = 10;
const SIZE = { clusters: 1_000, failures: 1_000_000 };
const SIZE_QUICK = { clusters: 1_000, failures: 100_000 };
const BATCH = 500;

interface Store {
  readonly owner: Database;
  readonly database: Database;
  readonly isQuick: boolean;
}

/** What needs a real PostgreSQL: ingest of known failures, a mode that is new, and the list that people look at. */
export async function storeFigures(options: { readonly isQuick: boolean }): Promise<ClusterResult> {
  const postgres = await startTemporaryPostgres();
  const { connectionString } = postgres;
  await migrateAll(connectionString);
  // One connection, because the counts are made in a temporary table.
  const owner = createDatabase(
    createPool({ connectionString, role: 'owner', poolMax: 1, statementTimeoutMs: 600_000 }),
  );
  const database = createDatabase(createPool({ connectionString, role: 'optimizer' }));
  try {
    await seedProject(owner, PROJECT);
    const store = { owner, database, ...options };
    const size = options.isQuick ? SIZE_QUICK : SIZE;
    await fillStore(owner, PROJECT, size);
    const list = await listFigure(store, size.failures);
    const ingest = await ingestFigure(store);
    const fresh = await newModeFigure(store);
    return { figures: [list.figure, ingest, fresh], tables: [list.table] };
  } finally {
    await database.destroy();
    await owner.destroy();
    await postgres.dispose();
  }
}

const QUERIES: readonly Readonly<Record<string, string>>[] = [
  {},
  { sort: 'events' },
  { sort: 'rate' },
  { sort: 'severity' },
  { status: 'new,ongoing,escalating' },
  { provider: 'provider-1' },
  { model: 'model-3', sort: 'events' },
  { tool: 'tool-7', since: new Date(Date.now() - 7 * 86_400_000).toISOString() },
  { trend: 'rising', severity: 'fatal,error' },
];

/** The list as the API answers it, with counts and lines of failures per hour, written as JSON. */
async function listFigure({ database, isQuick }: Store, failures: number) {
  const deps: ApiDeps = {
    ...{ database, people: database, projectId: PROJECT, now: Date.now, minClusterSessions: 2 },
    ...{ policyChanges: createPolicyChanges(), wake: () => undefined },
    readStatus: () => Promise.reject(new Error('the list asks for no status')),
  };
  const route = clusterRoutes(deps).find((each) => each.method === 'GET' && each.path === '/api/v1/clusters');
  if (route === undefined) throw new Error('there is no route that lists clusters');
  const rounds = isQuick ? 10 : 40;
  const waits = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const query of QUERIES) {
      const startedAt = performance.now();
      const caller = { name: 'bench', role: 'viewer' } as const;
      const signal = AbortSignal.timeout(60_000);
      const answer = await route.run({ params: {}, query, body: undefined, headers: {}, caller, signal });
      JSON.stringify(answer.value);
      // The first round fills the caches of a server that has just been started.
      if (round > 0) waits.set(nameOf(query), [...(waits.get(nameOf(query)) ?? []), performance.now() - startedAt]);
    }
  }
  const all = [...waits.values()].flat();
  const n = all.length;
  const value = percentileOf(all, 0.95);
  const perQuery = [...waits.values()].map((each) => percentileOf(each, 0.95));
  return {
    figure: atMost(50, { id: 'list_p95_ms', value, n, interval: [Math.min(...perQuery), Math.max(...perQuery)] }),
    table: {
      title: `The list over ${failures.toLocaleString('en-US')} failures in ${SIZE.clusters.toLocaleString('en-US')} clusters`,
      columns: ['query', 'median ms', '95th percentile ms', 'times'],
      rows: [...waits].map(([name, each]) => [name, percentileOf(each, 0.5), percentileOf(each, 0.95), each.length]),
    },
  };
}

function nameOf(query: Readonly<Record<string, string>>): string {
  const { since, ...named } = query;
  const parts = Object.entries(named).map(([key, value]) => `${key} ${value}`);
  return [...parts, ...(since === undefined ? [] : ['since a week ago'])].join(', ') || 'no filter';
}

/** A known failure from its text to its counts, in batches as a busy hour makes them. */
async function ingestFigure({ owner, database, isQuick }: Store) {
  const perFailure: number[] = [];
  const batches = isQuick ? 4 : 12;
  for (let batch = 0; batch <= batches; batch += 1) {
    const calls = [];
    for (let index = 0; index < BATCH; index += 1) {
      const sessionId = `ingest-${batch}-${index % 50}`;
      const startedAt = new Date(Date.now() - 60_000);
      calls.push({
        sessionId,
        startedAt,
        callId: await insertCall(owner, callOf(batch * BATCH + index, sessionId, startedAt)),
      });
    }
    const startedAt = performance.now();
    await recordFailures(
      database,
      PROJECT,
      calls.map(({ callId, sessionId, startedAt: happenedAt }, index) => {
        const facts: FailureFacts = {
          ...{
            stage: 'tool_use',
            check: 'type_mismatch',
            turnShape: '4k-multi-edit',
            expectedVsActual: 'number -> text',
          },
          template: maskTemplate(`argument 'limit' of call ${index} is "${index * 7}", a number was expected`),
        };
        const failure = {
          ...{ callId, sessionId, happenedAt, scoredAt: happenedAt, scorer: 'type_mismatch', pass: 'call' },
          ...({ metric: 'toolUse', owner: 'provider', severity: 'error', judged: false, explanation: null } as const),
          ...{ provider: 'openai', model: 'steady', prefixId: null, policyId: null, repo: null },
          turnShape: facts.turnShape,
        };
        return { failure, facts, signature: signatureOf(facts), signatureAlgorithm: SIGNATURE_ALGORITHM };
      }),
    );
    // The first batch makes the template known.
    if (batch > 0) perFailure.push((performance.now() - startedAt) / BATCH);
  }
  const n = perFailure.length * BATCH;
  return below(1, { id: 'known_ingest_ms', value: meanOf(perFailure), n, interval: middleOf(perFailure) });
}

/** From the third failure of a kind never seen to its cluster: the longest wait for the next look, and the look itself. */
async function newModeFigure({ owner, database, isQuick }: Store) {
  const clustering = createFailureClustering(
    { database, now: Date.now },
    { projectId: PROJECT, minClusterSessions: 2 },
  );
  await clustering.run();
  const waits: number[] = [];
  for (let mode = 0; mode < (isQuick ? 3 : 10); mode += 1) {
    for (let index = 0; index < 3; index += 1) {
      const startedAt = new Date(Date.now() - 1_000);
      const call = callOf(1_000_000 + mode * 10 + index, `mode-${mode}-${index % 2}`, startedAt);
      const callId = await insertCall(owner, call);
      const detail = `${MODES[mode % MODES.length] ?? ''} in round ${index}`;
      const explanation = formatExplanation({ expectedVsActual: '', detail });
      await insertFailure(owner, {
        project: PROJECT,
        callId,
        scorer: `new_check_${mode}`,
        owner: 'provider',
        explanation,
      });
    }
    const startedAt = performance.now();
    const { opened } = await clustering.run();
    if (opened !== 1) throw new Error(`three failures of a new kind opened ${opened} clusters`);
    waits.push(LOOK_EVERY_S + (performance.now() - startedAt) / 1_000);
  }
  return below(60, { id: 'new_mode_s', value: Math.max(...waits), n: waits.length, interval: middleOf(waits) });
}

/** Sentences that no failure in the store has. */
const MODES = [
  'the arguments are wrapped in a list',
  'a tool result is quoted as an answer',
  'the patch leaves out its header',
];

function callOf(index: number, sessionId: string, startedAt: Date) {
  return { project: PROJECT, index, startedAt, sessionId };
}
