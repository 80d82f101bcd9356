import { verifyAuditChain } from '#shared/database/audit-log.ts';
import type { Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { countDeadLetters } from '#shared/database/list-dead-letters.ts';
import { weekOf } from '#shared/database/partitions.ts';
import { readActivePolicies } from '#shared/database/policy-store.ts';
import { readGateways } from '#shared/database/read-gateways.ts';
import { ensureWeekPartitions } from '#shared/database/schema-state.ts';
import { describeConservation } from '../describe-conservation.ts';
import { attempt, type Check, failed, passed } from './check.ts';

const WEEK_MS = 7 * 24 * 3_600 * 1_000;
const PARTITIONED_TABLES = 4;
/** A gateway reports every few seconds. */
const GATEWAY_SILENT_MS = 60_000;
const MIGRATE = 'run `trimtab migrate`';

/** What the tables of a project say: where calls are, that nobody touched the log, and what waits for a person. */
export async function checkRecords(database: Database, projectId: string, nowMs: number): Promise<readonly Check[]> {
  return [
    await attempt('partitions', MIGRATE, () => checkPartitions(database, nowMs)),
    await attempt('policy', MIGRATE, () => checkPolicy(database, projectId)),
    await attempt('conservation', MIGRATE, () => checkConservation(database, projectId)),
    await attempt('audit chain', MIGRATE, () => checkAudit(database, projectId)),
    await attempt('dead letters', MIGRATE, () => checkDeadLetters(database, projectId)),
    await attempt('spools', MIGRATE, () => checkSpools(database, projectId, nowMs)),
  ];
}

/** A missing week is made, as the first call of that week would have it made: the check is that it can be. */
async function checkPartitions(database: Database, nowMs: number): Promise<Check> {
  const found: string[] = [];
  for (const week of [weekOf(nowMs), weekOf(nowMs + WEEK_MS)]) {
    const { partitions, made } = await ensureWeekPartitions(database, week);
    if (partitions.length < PARTITIONED_TABLES) {
      const detail = `the week of ${week} has ${partitions.length} of ${PARTITIONED_TABLES} partitions: ${partitions.join(', ')}`;
      return failed(
        'partitions',
        detail,
        'a partition was dropped by hand: drop the rest of that week, and run doctor again',
      );
    }
    found.push(`${week}${made ? ' (made now)' : ''}`);
  }
  return passed('partitions', `weeks of ${found.join(' and ')}`);
}

async function checkPolicy(database: Database, projectId: string): Promise<Check> {
  const active = await readActivePolicies(database, projectId);
  if (active === null) {
    return failed(
      'policy',
      `project ${projectId} has no active policy`,
      'add routes: to trimtab.yaml, and start again',
    );
  }
  return passed(
    'policy',
    `v${active.stable.number} is stable at epoch ${active.epoch}, ${active.models.length} models allowed`,
  );
}

async function checkConservation(database: Database, projectId: string): Promise<Check> {
  const conservation = await readConservation(database, projectId);
  const equation = describeConservation(conservation);
  if (conservation.balances) return passed('conservation', equation);
  const fix =
    conservation.difference > 0
      ? 'calls left the spool and are in no table: keep the spool folder, and report this with `trimtab doctor --json`'
      : 'rows were added or restored outside of Trimtab, or a spool folder was lost: compare `trimtab dlq list` and the gateways of `trimtab status`';
  return failed('conservation', equation, fix);
}

/**
 * Records in the spool of a gateway that is gone are answered calls that nobody stores. They stand in the equation as
 * pending, so that it balances, and only the gateway's silence tells of them.
 */
async function checkSpools(database: Database, projectId: string, nowMs: number): Promise<Check> {
  const gateways = await readGateways(database, projectId);
  const silent = gateways.filter(
    ({ spoolPending, seenAt }) => spoolPending > 0 && seenAt.getTime() < nowMs - GATEWAY_SILENT_MS,
  );
  if (silent.length === 0) return passed('spools', `${gateways.length} gateways, none silent with calls to store`);
  const detail = silent.map(({ gatewayId, spoolPending }) => `${gatewayId}: ${spoolPending} calls`).join(', ');
  return failed(
    'spools',
    `silent gateways with calls to store: ${detail}`,
    'start that gateway again on its data folder, so that it stores what is left; a folder that is lost took these calls along',
  );
}

async function checkAudit(database: Database, projectId: string): Promise<Check> {
  const verdict = await verifyAuditChain(database, projectId);
  if (verdict.valid) return passed('audit chain', `${verdict.count} events, none edited, removed or moved`);
  return failed(
    'audit chain',
    `event ${verdict.sequence} ${verdict.reason}`,
    'somebody wrote to audit_event by hand: compare it with a backup, and find out who may',
  );
}

async function checkDeadLetters(database: Database, projectId: string): Promise<Check> {
  const queues = await countDeadLetters(database, projectId);
  if (queues.length === 0) return passed('dead letters', 'none');
  const detail = queues.map(({ queue, letters }) => `${letters} of ${queue}`).join(', ');
  return failed(
    'dead letters',
    detail,
    'see why with `trimtab dlq list`, then `trimtab dlq retry` or `trimtab dlq drop`',
  );
}
