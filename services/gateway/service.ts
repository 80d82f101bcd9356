import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { appendAudit } from '#shared/database/audit-log.ts';
import type { Database } from '#shared/database/connect.ts';
import { writeGatewayStatus } from '#shared/database/gateway-status.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import type { PolicyListener } from '#shared/database/policy-listener.ts';
import { readActivePolicies } from '#shared/database/policy-store.ts';
import { readRecentFailures } from '#shared/database/session-failure-store.ts';
import { readSessionPin } from '#shared/database/session-pin.ts';
import { readTokenCalibrations, writeTokenCalibrations } from '#shared/database/token-calibration-store.ts';
import { createKnownParts } from '#shared/formats/known-parts.ts';
import type { Log } from '#shared/log.ts';
import type { Readiness } from '#shared/service-endpoints.ts';
import type { SpoolSource } from '#shared/spool/spool.ts';
import type { Telemetry } from '#shared/telemetry.ts';
import type { PageFetcher } from '#shared/upstream/fetch-page.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createUpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { createKeyCache } from './access/key-cache.ts';
import type { GatewayConfig } from './config.ts';
import { createAuditQueue } from './emit/audit-queue.ts';
import { createGatewayMetrics } from './emit/gateway-metrics.ts';
import { createFlaggedSessions } from './flagged-sessions.ts';
import { createPolicyClient, type PolicyClient } from './policy-client.ts';
import { createGatewayServer } from './server.ts';
import { createSessionLookup } from './session-lookup.ts';
import { createSessionMemory } from './session-memory.ts';
import { createSessionPins } from './session-pins.ts';
import { createTokenCalibrator } from './token-calibrator.ts';
import { createUpstreamHealth } from './upstream-health.ts';

export interface GatewayServiceDeps {
  readonly config: GatewayConfig;
  readonly gatewayId: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly database: Database;
  /** Begins to listen for moves of the policy pointer. */
  readonly listen: (onNotify: () => void) => PolicyListener;
  readonly spool: Omit<SpoolSource, 'flush'>;
  readonly telemetry: Telemetry;
  /** Fetches pages that models ask for; closed with the service. */
  readonly pages: PageFetcher;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Fetches tokens of clouds, in place of what reaches public addresses only. */
  readonly tokenFetch?: GuardedFetch;
}

export interface GatewayService {
  /** Resolves when calls are served. Throws `not_configured` without a policy to route by. */
  start(): Promise<{ readonly port: number }>;
  /** Lets calls under way finish for a while, then cuts them. */
  stop(): Promise<void>;
  /** Reads policies and keys now, and writes what waits to be written. */
  refresh(): Promise<void>;
}

const POLICY_POLL_MS = 5_000;
const KEY_POLL_MS = 2_000;
/** A failure that was scored is known to every gateway within two seconds. */
const FLAG_POLL_MS = 500;
/** What a crash may cost of what was learned of token counts. */
const CALIBRATION_SAVE_MS = 60_000;
/** How soon the memory of sessions that are over is given back. */
const FORGET_IDLE_MS = 60_000;
/** Calls can be long; a process that must go does not wait for all of them. */
const STOP_DEADLINE_MS = 10_000;
/** How long a start, or a stop, waits for a store that does not answer. */
const STORE_WAIT_MS = 5_000;

const SPOOL_FULL = {
  'drop-newest': 'full: calls are served, and not kept',
  refuse: 'full: calls are refused',
} as const;

/** What a gateway knows of the store and goes on with while that is away. */
function createHoldings(deps: GatewayServiceDeps) {
  const { config, database, log, now, gatewayId } = deps;
  const { projectId, directory } = config;
  const policies = createPolicyClient(
    { read: () => readActivePolicies(database, projectId), log, now },
    { projectId, copyPath: join(directory, 'policies.json') },
  );
  const keys = createKeyCache(
    { store: createKeyStore(database), now, log },
    { projectId, copyPath: join(directory, 'keys.json') },
  );
  const audit = createAuditQueue({ write: (entry) => appendAudit(database, entry), now, log });
  const tokens = createTokenCalibrator({
    ...{ gatewayId, now, log },
    read: () => readTokenCalibrations(database, projectId),
    write: (calibrations) => writeTokenCalibrations(database, { projectId, gatewayId }, calibrations),
    later: (work) => setImmediate(work),
  });
  const readFailures = (sinceMs: number) => readRecentFailures(database, projectId, sinceMs);
  const flagged = createFlaggedSessions({ read: readFailures, log, now });
  return { policies, keys, audit, tokens, flagged };
}

/** The gateway as a part: everything with side effects is given to it. */
export function createGatewayService(deps: GatewayServiceDeps): GatewayService {
  const { config, database, log, now, gatewayId } = deps;
  const { projectId } = config;
  const { policies, keys, audit, tokens, flagged } = createHoldings(deps);
  const { tokenFetch } = deps;
  const pools = createUpstreamPools(config, { now, ...(tokenFetch === undefined ? {} : { fetch: tokenFetch }) });
  const lookUp = createSessionLookup({ read: (sessionId) => readSessionPin(database, projectId, sessionId), now });
  const metrics = createGatewayMetrics({
    now,
    spool: () => deps.spool.stats(),
    isSpoolFull: () => deps.spool.isFull(),
    spoolFull: config.spoolFull,
    policies: () => ({ status: policies.status(), epoch: epochOf(policies) }),
  });
  const knownParts = createKnownParts({ mark: `known ${randomUUID()}`, now });
  const server = createGatewayServer({
    config,
    gatewayId,
    keys,
    policies,
    pools,
    pages: deps.pages,
    health: createUpstreamHealth({ now, random: Math.random }),
    audit,
    metrics,
    tokens,
    log,
    now,
    spool: deps.spool,
    telemetry: deps.telemetry,
    sessions: createSessionMemory({ now }, { sessionHeader: config.sessionHeader, idleMs: config.sessionIdleMs }),
    pins: createSessionPins({ lookUp }),
    flagged,
    knownParts,
    readiness: async () => readinessOf(deps, policies),
  });
  const timers: NodeJS.Timeout[] = [];
  let listener: PolicyListener | null = null;

  const refreshPolicies = async (): Promise<void> => {
    await policies.refresh();
    await reportStatus(deps, policies);
  };
  return {
    refresh: async () => {
      await Promise.all([refreshPolicies(), keys.refresh(), audit.flush(), tokens.save()]);
      await flagged.refresh(policies.current());
    },
    async start() {
      await Promise.all([policies.start(), keys.loadCopy().then(() => within(STORE_WAIT_MS, keys.refresh()))]);
      void tokens.load();
      void refreshPolicies();
      warnOfOpenDoor(log, keys.state());
      listener = deps.listen(() => void refreshPolicies());
      timers.push(
        ...startPolls([
          [refreshPolicies, POLICY_POLL_MS],
          [keys.refresh, KEY_POLL_MS],
          [() => flagged.refresh(policies.current()), FLAG_POLL_MS],
          [audit.flush, POLICY_POLL_MS],
          [tokens.save, CALIBRATION_SAVE_MS],
          [async () => knownParts.forgetIdle(), FORGET_IDLE_MS],
        ]),
      );
      await server.listen({ host: deps.host, port: deps.port });
      return { port: (server.server.address() as AddressInfo).port };
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await listener?.close();
      const cut = setTimeout(() => server.server.closeAllConnections(), STOP_DEADLINE_MS);
      await server.close();
      clearTimeout(cut);
      await within(STORE_WAIT_MS, Promise.all([audit.close(), tokens.save()]));
      await Promise.all([pools.close(), deps.pages.close()]);
    },
  };
}

/** None of them throws: each keeps what it knows when its store is away. */
function startPolls(polls: readonly (readonly [poll: () => Promise<unknown>, everyMs: number])[]): NodeJS.Timeout[] {
  return polls.map(([poll, everyMs]) => setInterval(() => void poll(), everyMs));
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, elapsed]);
  clearTimeout(timer);
}

function epochOf(policies: PolicyClient): number | null {
  return policies.status().source === 'none' ? null : policies.current().epoch;
}

/**
 * Not the database and not the queue: calls are served and spooled without either. Nor does a full spool make the
 * gateway unfit to serve: a store that is down for long would end all traffic.
 */
function readinessOf(deps: GatewayServiceDeps, policies: PolicyClient): Readiness {
  const { source, lastError } = policies.status();
  const spool = deps.spool.stats();
  return {
    policies: source === 'none' ? (lastError ?? 'no policy yet') : true,
    spool: spool.bytes < spool.bytesMax ? true : { degraded: SPOOL_FULL[deps.config.spoolFull] },
  };
}

async function reportStatus(deps: GatewayServiceDeps, policies: PolicyClient): Promise<void> {
  const { projectId } = deps.config;
  const { appliedAtMs, lastError, source } = policies.status();
  const active = source === 'none' ? null : policies.current();
  const spool = deps.spool.stats();
  try {
    await writeGatewayStatus(deps.database, {
      projectId,
      gatewayId: deps.gatewayId,
      epoch: active?.epoch ?? null,
      policyId: active?.stable.policyId ?? null,
      appliedAt: appliedAtMs === null ? null : new Date(appliedAtMs),
      lastError,
      spoolBytes: spool.bytes,
      spoolPending: spool.pendingRecords,
    });
  } catch (error) {
    deps.log.debug({ err: error }, 'the gateway status could not be written');
  }
}

function warnOfOpenDoor(log: Log, state: 'open' | 'closed' | 'unknown'): void {
  if (state === 'open') {
    log.warn(
      'no virtual key exists: any credential is accepted, from this machine only; `trimtab keys create` ends that',
    );
  }
}
