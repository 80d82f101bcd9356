import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { Database } from '#shared/database/connect.ts';
import { isDatabaseUp } from '#shared/database/is-database-up.ts';
import { listenForPolicies, type PolicyListener } from '#shared/database/policy-listener.ts';
import { dropOldFailures } from '#shared/database/session-failure-store.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { Log } from '#shared/log.ts';
import { REPLAY_QUEUE } from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { readAccessTokens } from './api/token-file.ts';
import { createFailureClustering, type FailureClustering } from './cluster-failures.ts';
import type { Embedder } from './clustering/embedders/embedder.ts';
import type { OptimizerConfig } from './config.ts';
import { createController } from './controller.ts';
import { createOptimizerMetrics } from './optimizer-metrics.ts';
import { createPolicyChanges } from './policy-changes.ts';
import type { RegisteredOptimizer } from './prompts/contract/register-optimizer.ts';
import { readStatus } from './read-status.ts';
import { createRetentionTask } from './retention-task.ts';
import { runCycle } from './run-cycle.ts';
import { createRunWorker } from './run-worker.ts';
import { createSchedule } from './schedule.ts';
import { createOptimizerServer } from './server.ts';
import { watchHealth } from './watch-health.ts';
import { createWebhookSender } from './webhooks/webhook-sender.ts';
import { createWebhookTask, type WebhookTask } from './webhooks/webhook-task.ts';

export interface OptimizerServiceDeps {
  readonly config: OptimizerConfig;
  readonly database: Database;
  /** The same store under the admin role: what people change through the API. */
  readonly people: Database;
  /** For LISTEN, which needs a connection of its own. */
  readonly databaseUrl: string;
  /** The caller's to close, after the service has stopped. */
  readonly backend: QueueBackend;
  readonly teacher: Llm | null;
  /** Says how alike failures are; the one without dependencies when absent. */
  readonly embedder?: Embedder;
  /** Prompt optimizers by name, those of the operator's own among them. */
  readonly optimizers: ReadonlyMap<string, RegisteredOptimizer>;
  readonly log: Log;
  readonly dataDir: string;
  readonly adminToken: string | undefined;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly now?: () => number;
}

export interface OptimizerService {
  start(): Promise<{ readonly port: number }>;
  /** Takes no more work and waits for what runs; what is left is resumed from its checkpoint by the next one. */
  stop(): Promise<void>;
}

const STOP_DEADLINE_MS = 5_000;
/** Longer than any window in which a session may be flagged. */
const FAILURES_KEPT_MS = 24 * 3_600_000;
/** Without a finished replay for so long a search lets other runs have a turn. */
const REPLAY_PATIENCE_MS = 30_000;

/** A wait that is broken off is over: who waited looks at the signal. */
const wait = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => {});

/** The optimizer: a controller that looks every few seconds, a nightly cycle, and the control plane's API. */
export function createOptimizerService(deps: OptimizerServiceDeps): OptimizerService {
  const { backend, config, database, log } = deps;
  const { projectId } = config;
  const now = deps.now ?? Date.now;
  const actor = `optimizer:${process.pid}-${randomUUID().slice(0, 8)}`;
  const registry = new Registry();
  const metrics = createOptimizerMetrics(registry, now);
  const policyChanges = createPolicyChanges();
  const replays = backend.openQueue(REPLAY_QUEUE);
  const clustering = clusteringOf(deps, { now, actor });
  const controller = createController({ database, log, now, actor, clustering }, config);
  const stopping = new AbortController();
  const { teacher, optimizers } = deps;
  const cycleDeps = { database, now, clustering, actor, teacher, replays, optimizers, wait, signal: stopping.signal };
  const cycleOptions = { ...config, patienceMs: REPLAY_PATIENCE_MS };
  const worker = createRunWorker(
    { database, log, owner: actor, cycle: (run) => runCycle(cycleDeps, run, cycleOptions), onOutcome: metrics.ran },
    { projectId },
  );
  const chores = async () => {
    await watchHealth({ database, now }, projectId);
    await dropOldFailures(database, projectId, FAILURES_KEPT_MS);
  };
  const schedule = createSchedule({ database, log, now, work: () => worker.work(), chores }, config);
  const retention = createRetentionTask({ database, now, log }, config);
  const webhooks = webhooksOf(deps, now);
  let looking: Promise<void> = Promise.resolve();
  let listener: PolicyListener | null = null;

  const workSoon = () => {
    worker.work().catch((error: unknown) => log.error({ error }, 'the due runs could not be worked off'));
  };
  const look = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      metrics.looked(await controller.tick());
      // Not awaited: a cycle may take minutes, and the rollout must not wait for it.
      workSoon();
      await policyChanges.next(config.controllerIntervalMs, stopping.signal);
    }
  };
  const openServer = async () =>
    createOptimizerServer({
      ...{ database, people: deps.people, projectId, now, policyChanges, log, metrics: registry },
      ...{ upstreams: config.upstreams, minClusterSessions: config.minClusterSessions },
      searches: { optimizers: deps.optimizers, options: config },
      tokens: await readAccessTokens(deps.dataDir, deps.adminToken),
      wake: workSoon,
      readStatus: () =>
        readStatus(database, { projectId, judges: config.judges, nextNightly: schedule.nextNightly(), now: now() }),
      readiness: async () => ({ database: await isDatabaseUp(database) }),
    });
  let server: Awaited<ReturnType<typeof openServer>> | null = null;

  return {
    async start() {
      server = await openServer();
      await server.listen({ host: deps.host, port: deps.port });
      listener = listenForPolicies(deps.databaseUrl, () => policyChanges.notify());
      looking = look();
      retention.start();
      webhooks.start();
      void schedule.start().catch((error: unknown) => log.error({ error }, 'the schedule could not be started'));
      const { port } = server.server.address() as AddressInfo;
      log.info({ port, projectId, teacher: deps.teacher?.model ?? null }, 'optimizer runs');
      return { port };
    },
    async stop() {
      stopping.abort();
      policyChanges.notify();
      await schedule.stop();
      await server?.close();
      await listener?.close();
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, STOP_DEADLINE_MS).unref());
      const ending = [looking, worker.idle(), retention.stop(), webhooks.stop(), clustering.idle()];
      await Promise.race([Promise.all(ending), deadline]);
    },
  };
}

function clusteringOf(
  { config, database, embedder, log, teacher }: OptimizerServiceDeps,
  { now, actor }: { readonly now: () => number; readonly actor: string },
): FailureClustering {
  const namer = config.naming === 'model' ? teacher : null;
  const known = embedder === undefined ? {} : { embedder };
  return createFailureClustering({ database, now, log, actor, namer, ...known }, config);
}

function webhooksOf({ config, database, log }: OptimizerServiceDeps, now: () => number): WebhookTask {
  const sender = createWebhookSender({ database, now, random: Math.random, fetchFor: createGuardedFetch }, config);
  return createWebhookTask({ sender, log });
}
