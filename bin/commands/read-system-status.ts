import * as z from 'zod';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Database } from '#shared/database/connect.ts';
import { type Conservation, readConservation } from '#shared/database/conservation.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import { countDeadLetters } from '#shared/database/list-dead-letters.ts';
import { readRun } from '#shared/database/optimizer-run-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import {
  overdueWeeks,
  type Retention,
  type RetentionState,
  readRetentionState,
  readWeeks,
} from '#shared/database/retention/expire-weeks.ts';
import { readStatus } from '../../services/optimizer/read-status.ts';
import type { SystemStatus } from '../../services/optimizer/system-status.ts';
import type { CommandContext } from './command-context.ts';
import { nextNightly } from './next-nightly.ts';
import { readServices, type ServiceState } from './read-services.ts';

/** What `trimtab status` shows: the optimizer's own status, and what only a look from outside tells. */
export interface WholeStatus extends Omit<SystemStatus, 'gateways'> {
  readonly services: readonly ServiceState[];
  readonly canaryNumber: number | null;
  /** Why the last run ended without looking for anything, or failed. */
  readonly lastRunReason: string | null;
  readonly gateways: readonly (SystemStatus['gateways'][number] & { readonly stale: boolean })[];
  readonly conservation: Conservation;
  readonly deadLetters: number;
  /** What is kept for how long, what was dropped, and which weeks wait for the next day or for their scores. */
  readonly retention: RetentionState & Retention & { readonly overdue: readonly string[] };
  /** False while the gateway accepts any credential, on loopback only. */
  readonly keysRequired: boolean;
}

/** A gateway says every five seconds that it is there. */
const GATEWAY_STALE_MS = 30_000;
const endSchema = z.looseObject({ reason: z.string().optional(), error: z.string().optional() });

/** Reads all of it from the database, so that it is answered while the optimizer, or any service, is down. */
export async function readSystemStatus(context: CommandContext): Promise<WholeStatus> {
  const config = await context.config();
  const projectId = await context.project();
  const database = await context.database();
  const now = context.now();
  const [status, services, conservation, letters, keys] = await Promise.all([
    readStatus(database, {
      projectId,
      judges: judgesOf(config),
      nextNightly: config === null ? null : await nextNightly(config.optimizer.nightly),
      now,
    }),
    readServices(context.environment, context.signal),
    readConservation(database, projectId),
    countDeadLetters(database, projectId),
    createKeyStore(database).listActive(projectId),
  ]);
  const canary = status.pointer?.canary ?? null;
  const lastRun = status.lastRun === null ? null : await readRun(database, projectId, status.lastRun.runId);
  const end = endSchema.safeParse(lastRun?.summary).data;
  return {
    ...status,
    services,
    canaryNumber: canary === null ? null : ((await readPolicy(database, projectId, canary))?.number ?? null),
    lastRunReason: end?.error ?? end?.reason ?? null,
    gateways: status.gateways.map((gateway) => ({
      ...gateway,
      stale: now - Date.parse(gateway.seenAt) > GATEWAY_STALE_MS,
    })),
    conservation,
    retention: await readRetention(database, projectId, config, now),
    deadLetters: letters.reduce((sum, queue) => sum + queue.letters, 0),
    keysRequired: keys.hasAnyKey,
  };
}

async function readRetention(
  database: Database,
  projectId: string,
  config: TrimtabConfig | null,
  now: number,
): Promise<WholeStatus['retention']> {
  const { content, calls } = config?.retention ?? { content: null, calls: null };
  const kept: Retention = { contentMs: content, callsMs: calls };
  const overdue = overdueWeeks(await readWeeks(database), kept, now).map(({ week, what }) => `${what} of ${week}`);
  return { ...kept, ...(await readRetentionState(database, projectId)), overdue };
}

function judgesOf(config: TrimtabConfig | null): string[] {
  return (config?.judges ?? []).map((judge) => `${judge.provider}/${judge.model}`);
}
