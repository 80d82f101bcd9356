import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { createCallStore } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { isDatabaseUp } from '#shared/database/is-database-up.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import type { Log } from '#shared/log.ts';
import { INGEST_QUEUE, REPLAY_QUEUE, SCORE_QUEUE, SESSION_QUEUE } from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import type { Readiness } from '#shared/service-endpoints.ts';
import { createScoreLanes } from '#shared/spool/score-lanes.ts';
import { createJudgeTrust } from './calibration/create-judge-trust.ts';
import { startNightly } from './calibration/nightly.ts';
import { createEvaluatorConfig } from './config.ts';
import { createJudgePanel } from './create-judge-panel.ts';
import type { CustomScorer } from './custom-scorers/custom-scorer.ts';
import { collectFailedJobs } from './dead-letters.ts';
import { createEvaluatorMetrics } from './evaluator-metrics.ts';
import { eraseHookRecords } from './ingest/erase-hook-records.ts';
import { type JudgePanel, judgeName, panelQueueName } from './judge-panel.ts';
import { reconcileScores } from './reconcile-scores.ts';
import { repeat } from './repeat.ts';
import type { SendReplay } from './replay-call.ts';
import type { CheckSyntax } from './scorers/code/check-syntax.ts';
import { createServer } from './server.ts';
import { sweepSessions } from './sweep-sessions.ts';
import { createTriage } from './triage/create-triage.ts';
import { type IngestSource, openIngestWorkers, openWorkers, type WorkerDeps, type WorkerTiming } from './worker.ts';

export interface EvaluatorServiceDeps {
  readonly config: TrimtabConfig;
  readonly database: Database;
  /** The caller's to close, after the service has stopped. */
  readonly backend: QueueBackend;
  readonly log: Log;
  readonly send: SendReplay;
  /** Scorers of the operator's own. The caller's to close, after the service has stopped. */
  readonly customScorers?: readonly CustomScorer[];
  /** Parsers of programming languages; written code is not parsed when absent. */
  readonly checkSyntax?: CheckSyntax;
  /** Queues of other gateways, beside the public one on our own store. Their backends are the caller's to close. */
  readonly ingest?: readonly IngestSource[];
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly now?: () => number;
  readonly timing?: WorkerTiming;
}

export interface EvaluatorService {
  start(): Promise<{ readonly port: number }>;
  /** Takes no more work and waits for what runs, at most `deadlineMs`; what is left is repeated by another worker. */
  stop(deadlineMs?: number): Promise<void>;
}

const STOP_DEADLINE_MS = 10_000;
/** A job that takes longer than this to come back is not flowing. */
const PROBE_LIMIT_MS = 3_000;
const NONCE_BYTES = 12;

/** The evaluator: workers on the queues, sweepers over the tables, and the endpoints that every service has. */
export function createEvaluatorService(service: EvaluatorServiceDeps): EvaluatorService {
  const { backend, config, database, log } = service;
  const evaluatorConfig = createEvaluatorConfig(config);
  const registry = new Registry();
  const panel = createJudgePanel(config, backend, database);
  const now = service.now ?? Date.now;
  const deps: WorkerDeps = {
    database,
    log,
    metrics: createEvaluatorMetrics(registry),
    now,
    panel,
    nonce: () => randomBytes(NONCE_BYTES).toString('hex'),
    sessions: evaluatorConfig.sessions,
    models: new Map(config.models.map((model) => [model.id, model])),
    send: service.send,
    replaySlots: config.optimizer.replaySlots,
    customScorers: service.customScorers ?? [],
    ...(service.checkSyntax === undefined ? {} : { checkSyntax: service.checkSyntax }),
    upstreams: config,
    judgeTrust: createJudgeTrust(config),
    triage: createTriage({ database, now, budgets: budgetsOf(panel) }),
  };
  const queues = {
    score: backend.openQueue(SCORE_QUEUE),
    session: backend.openQueue(SESSION_QUEUE),
    replay: backend.openQueue(REPLAY_QUEUE),
  };
  const judgeQueues = panel === null ? [] : [backend.openQueue(panelQueueName(panel.judges))];
  const hook = {
    callStore: createCallStore(database),
    queue: queues.score,
    lanes: createScoreLanes({ now: deps.now }),
    capture: config.capture,
  };
  const sources = [{ backend, queue: INGEST_QUEUE }, ...(service.ingest ?? [])];
  const ingestQueue = backend.openQueue(INGEST_QUEUE);
  const canary = backend.openCanary();
  const server = createServer({
    ...{ registry, readiness, hook, log },
    keys: createKeyStore(database),
    projectId: config.project,
  });
  const stops: ((deadlineMs: number) => Promise<unknown>)[] = [];

  async function readiness(): Promise<Readiness> {
    const probe = await canary.probe(PROBE_LIMIT_MS);
    return { database: await isDatabaseUp(database), queue: probe.consumed ? true : probe.reason };
  }

  function keepDoing(name: string, task: () => Promise<unknown>, intervalMs: number): void {
    const repetition = repeat(task, intervalMs, (error) => log.error({ error }, `${name} failed`));
    stops.push(() => repetition.stop());
  }

  return {
    async start() {
      for (const worker of openWorkers(deps, backend, service.timing))
        stops.push((deadlineMs) => worker.close(deadlineMs));
      for (const worker of openIngestWorkers({ ...deps, hook, projectId: config.project }, sources, service.timing))
        stops.push((deadlineMs) => worker.close(deadlineMs));
      keepDoing('closing of sessions', () => sweepSessions(deps, queues), evaluatorConfig.sweepIntervalMs);
      keepDoing('reconciling', () => reconcileScores(deps, queues.score), evaluatorConfig.reconcileIntervalMs);
      const failedQueues = [...Object.values(queues), ...judgeQueues];
      keepDoing('collecting', () => collectFailedJobs(deps, failedQueues), evaluatorConfig.reconcileIntervalMs);
      stops.push(await startNightly(deps, { projectId: config.project, pattern: config.optimizer.nightly }));
      const erasing = { database, projectId: config.project, queue: ingestQueue };
      keepDoing('erasing', () => eraseHookRecords(erasing), evaluatorConfig.reconcileIntervalMs);
      await server.listen({ host: service.host, port: service.port });
      const { port } = server.server.address() as AddressInfo;
      const judges = panel?.judges.map((judge) => judgeName(judge.llm)) ?? [];
      const customScorers = deps.customScorers?.map((scorer) => scorer.id) ?? [];
      log.info(
        { port, judges, customScorers },
        judges.length === 0 ? 'evaluator runs without a judge' : 'evaluator runs',
      );
      return { port };
    },
    async stop(deadlineMs = STOP_DEADLINE_MS) {
      await server.close();
      await Promise.all([...stops.map((stop) => stop(deadlineMs)), canary.close(deadlineMs)]);
    },
  };
}

/** What judges may spend in a day, by their names. */
function budgetsOf(panel: JudgePanel | null): ReadonlyMap<string, number> {
  return new Map(panel?.judges.map(({ llm, dailyBudgetUsd }) => [judgeName(llm), dailyBudgetUsd]));
}
