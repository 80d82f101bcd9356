import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { keepForReplay } from '#shared/database/clusters/edit-cluster.ts';
import { listClusters } from '#shared/database/clusters/list-clusters.ts';
import { readCluster } from '#shared/database/clusters/read-cluster.ts';
import { eraseCalls } from '#shared/database/purge/erase-calls.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { insertCall, insertFailure, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createFailureClustering } from '../cluster-failures.ts';
import { openOptimizerStore } from '../testing/optimizer-store.ts';

const PROJECT = 'erasing';
const NOW_MS = Date.now();
/** What one person's calls say, and nobody else's. */
const WORD = 'walpurgisnacht';
/** Every table that holds anything of a failure. */
const TABLES = [
  ...['failure_event', 'failure_template', 'failure_cluster', 'cluster_assignment', 'cluster_name', 'cluster_hour'],
  ...[
    'cluster_dimension',
    'cluster_session',
    'cluster_comment',
    'template_embedding',
    'replay_set_call',
    'webhook_event',
  ],
];

const { owner, optimizer, connect } = await openOptimizerStore();
const admin = connect('admin');
let index = 0;

beforeAll(async () => {
  await seedProject(owner, PROJECT);
});

async function fail(sessionId: string, detail: string): Promise<string> {
  index += 1;
  const startedAt = new Date(NOW_MS - 7_200_000 + index * 600_000);
  const callId = await insertCall(admin, { project: PROJECT, index, sessionId, startedAt });
  const explanation = formatExplanation({ expectedVsActual: 'argument given -> missing', detail });
  await insertFailure(admin, { project: PROJECT, callId, scorer: 'missing_required', owner: 'provider', explanation });
  return callId;
}

async function tablesWith(text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const table of TABLES) {
    const { rows } = await sql<{ rows: number }>`
      SELECT count(*) AS rows FROM ${sql.table(table)} AS each WHERE each::text ILIKE ${`%${text}%`}`.execute(admin);
    if ((rows[0]?.rows ?? 0) > 0) found.push(table);
  }
  return found;
}

/** What the counts would be if all failures were counted again. */
async function recounted(clusterId: string) {
  const { rows } = await sql<{ events: number; sessions: number; byProvider: number; hours: number }>`
    SELECT count(*) AS events, count(DISTINCT session_id) AS sessions,
      (SELECT sum(events)::int FROM cluster_dimension WHERE cluster_id = ${clusterId}::uuid AND dimension = 'provider')
        AS by_provider,
      (SELECT sum(events)::int FROM cluster_hour WHERE cluster_id = ${clusterId}::uuid AND dimension = '') AS hours
    FROM cluster_assignment assignment JOIN failure_event event USING (template_id)
    WHERE assignment.cluster_id = ${clusterId}::uuid AND assignment.valid_to IS NULL`.execute(admin);
  return rows[0]!;
}

describe('erasing calls', () => {
  it('takes what clusters hold of them, and counts the rest exactly', async () => {
    const shared = 'a call of read_file lacks the required path';
    const kept = [await fail('ann', shared), await fail('bob', shared)];
    const gone = [
      await fail('eve-session', shared),
      await fail('eve-session', `a call of ${WORD} lacks the required path`),
    ];
    const clustering = createFailureClustering(
      { database: optimizer, now: () => NOW_MS },
      { projectId: PROJECT, minClusterSessions: 2 },
    );
    await clustering.run();
    const [cluster] = await listClusters(admin, PROJECT, { limit: 10 });
    expect(cluster).toMatchObject({ eventCount: 4, sessionCount: 3 });
    const by = { projectId: PROJECT, actor: 'human:ann', reason: '' };
    await keepForReplay(admin, by, cluster!.clusterId, { replaySet: 'all', callIds: [...kept, ...gone] });
    await admin
      .updateTable('failureCluster')
      .set({ title: `about ${WORD}`, name: `about ${WORD}`, rubric: WORD })
      .where('clusterId', '=', cluster!.clusterId)
      .execute();
    expect(await tablesWith(WORD)).toEqual(
      expect.arrayContaining([
        'failure_event',
        'failure_template',
        'failure_cluster',
        'cluster_hour',
        'cluster_dimension',
      ]),
    );

    await eraseCalls(admin, PROJECT, gone);
    expect(await tablesWith(WORD)).toEqual([]);
    expect(await tablesWith('eve-session')).toEqual([]);
    for (const callId of gone) expect(await tablesWith(callId)).toEqual([]);
    const [left] = await listClusters(admin, PROJECT, { limit: 10 });
    expect(left).toMatchObject({ clusterId: cluster!.clusterId, eventCount: 2, sessionCount: 2 });
    expect(await recounted(cluster!.clusterId)).toEqual({ events: 2, sessions: 2, byProvider: 2, hours: 2 });

    // With its last failure a cluster goes, and what hangs on it.
    await eraseCalls(admin, PROJECT, kept);
    expect(await readCluster(admin, PROJECT, cluster!.clusterId)).toBeNull();
    for (const table of TABLES) {
      const { rows } = await sql<{ rows: number }>`SELECT count(*) AS rows FROM ${sql.table(table)}`.execute(admin);
      expect([table, rows[0]?.rows]).toEqual([table, 0]);
    }
  });
});
