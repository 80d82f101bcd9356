import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestRun } from '#shared/database/optimizer-run-store.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { insertCall, insertFailure, seedProject, testConfig } from '#shared/testing/optimizer-fixture.ts';
import { createOptimizerConfig } from './config.ts';
import { createOptimizerService, type OptimizerService } from './service.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';

const PROJECT = 'served';
const DEADLINE_MS = 20_000;
const POLL_MS = 50;
const log = pino({ level: 'silent' });

const store = await openOptimizerStore();
const { owner, optimizer: database } = store;
let backend: QueueBackend;
let dataDir: string;
let service: OptimizerService;
let port: number;

beforeAll(async () => {
  backend = createQueueBackend({ log }, { databaseUrl: store.connectionString });
  dataDir = await mkdtemp(join(tmpdir(), 'trimtab-optimizer-'));
  await seedProject(owner, PROJECT);
  const config = testConfig(PROJECT);
  service = createOptimizerService({
    config: createOptimizerConfig({ ...config, optimizer: { ...config.optimizer, controllerInterval: 100 } }),
    ...{ database, people: owner, databaseUrl: store.connectionString, backend, teacher: null, log, dataDir },
    optimizers: new Map(),
    ...{ adminToken: 'the-admin-token-of-this-test', host: '127.0.0.1', port: 0 },
  });
  ({ port } = await service.start());
});
afterAll(async () => {
  await service.stop();
  await backend.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function get(path: string) {
  const headers = { authorization: 'Bearer the-admin-token-of-this-test' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> & { items: unknown[] } };
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

describe('the optimizer as a service', () => {
  it('is ready, and runs the night that was missed at its start', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { checks: { database: true } } });
    const run = await until(async () => {
      const { body } = await get('/api/v1/runs');
      return (body.items[0] as { job: string; status: string; trigger: string } | undefined)?.status === 'done'
        ? body.items[0]
        : null;
    });
    expect(run).toMatchObject({ job: 'nightly', trigger: 'boot' });
    expect((await get('/api/v1/status')).body).toMatchObject({
      nextNightly: expect.stringMatching(/T03:00:00/),
      judges: { on: false },
    });
  });

  it('shows a failure as a cluster soon after it was scored', async () => {
    const explanation = formatExplanation({ expectedVsActual: 'json valid -> invalid', detail: 'it ends early' });
    for (const index of [1, 2]) {
      const call = { project: PROJECT, index, sessionId: `s${index}`, startedAt: new Date() };
      const callId = await insertCall(owner, call);
      await insertFailure(owner, {
        project: PROJECT,
        callId,
        scorer: 'args_malformed_json',
        owner: 'provider',
        explanation,
      });
    }
    const cluster = await until(async () => (await get('/api/v1/clusters')).body.items[0] ?? null);
    expect(cluster).toMatchObject({ check: 'args_malformed_json', eventCount: 2, sessionCount: 2 });
    // The look counts what it did once it is over, which is after its clusters can be read.
    const opened = await until(async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return /^trimtab_clusters_opened_total [1-9]\d*$/m.exec(metrics)?.[0] ?? null;
    });
    expect(opened).toBe('trimtab_clusters_opened_total 1');
  });

  it('takes up a run that was asked for by a command, without being told', async () => {
    const asked = { projectId: PROJECT, job: 'manual', logicalTime: new Date(), trigger: 'cli:test' };
    const { run } = await requestRun(owner, asked);
    const done = await until(async () => {
      const rows = (await get('/api/v1/runs')).body.items as { runId: string; status: string }[];
      return rows.find((row) => row.runId === run.runId && row.status === 'done') ?? null;
    });
    expect(done).toMatchObject({
      job: 'manual',
      summary: { routing: { type: 'proposed', published: { rolloutId: null } } },
    });
  });
});
