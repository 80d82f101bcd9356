import { sql } from 'kysely';
import type { Database } from './connect.ts';

/**
 * Where every answered call of a project is. `answered` comes from the spools' own logs and what became of the calls
 * from rows, so that a call which is lost on the way, or stored twice, shows as a difference.
 */
export interface Conservation {
  /**
   * Calls that the gateways took to an end: durable records, counted drops and calls lost before durable. Each is
   * counted from its frame in the log: when the frame is delivered, and until then among the gateway's undelivered ones.
   */
  readonly answered: number;
  /** Stored calls of a gateway with a scoring run of the first pass. */
  readonly scored: number;
  /** Records in the spools that are not delivered yet, and stored calls that are neither scored nor dead-lettered. */
  readonly pending: number;
  /** Calls no store takes, and stored calls whose scoring was given up, without a score. */
  readonly deadLettered: number;
  /** Records given up because a spool was full. */
  readonly dropped: number;
  /** Calls that a crash left with a begin marker and no durable record. */
  readonly lostBeforeDurable: number;
  /** Calls that somebody has asked to erase, stored before or not. */
  readonly purged: number;
  /** Calls of weeks that retention has dropped. */
  readonly expired: number;
  /** `answered` less the sum of all others: above zero calls are missing, below zero something is counted twice. */
  readonly difference: number;
  readonly balances: boolean;
}

/**
 * Reads the equation in one snapshot, where it holds at any time: a delivery writes its calls and its counts in one
 * transaction, and what is not delivered stands on both sides. Calls in flight, and records that are not durable yet,
 * are on neither. Calls of other sources (files, replays) pass through no spool and are left out.
 */
export async function readConservation(database: Database, projectId: string): Promise<Conservation> {
  const { rows } = await sql<Omit<Conservation, 'difference' | 'balances'>>`
    WITH counter AS (
      SELECT name, sum(value)::bigint AS value FROM conservation_counter WHERE project_id = ${projectId} GROUP BY name
    ), stored AS (
      SELECT count(*) AS calls FROM call WHERE project_id = ${projectId} AND source = 'gateway'
    ), unscored AS MATERIALIZED (
      -- Few of many: one anti-join finds them, where a look-up for each stored call takes ten times as long.
      SELECT call_id FROM call WHERE project_id = ${projectId} AND source = 'gateway' AND NOT EXISTS
        (SELECT 1 FROM scoring_run AS run
          WHERE run.project_id = call.project_id AND run.call_id = call.call_id AND run.pass = 'call')
    ), dead AS (
      SELECT count(*) AS calls FROM unscored WHERE EXISTS (SELECT 1 FROM dead_letter AS letter
        WHERE letter.project_id = ${projectId} AND letter.call_id = unscored.call_id)
    ), refused AS (
      SELECT count(*) AS calls FROM dead_letter AS letter
      WHERE letter.project_id = ${projectId} AND letter.queue = ${SPOOL_QUEUE} AND NOT EXISTS
        (SELECT 1 FROM call WHERE call.call_id = letter.call_id AND call.project_id = letter.project_id)
    ), purged AS (
      SELECT count(*) AS calls FROM erased_call WHERE project_id = ${projectId} AND source = 'gateway'
    ), undelivered AS (
      SELECT coalesce(sum(spool_pending)::bigint, 0) AS calls FROM gateway_status WHERE project_id = ${projectId}
    )
    SELECT
      coalesce((SELECT value FROM counter WHERE name = 'answered'), 0) + (SELECT calls FROM undelivered) AS answered,
      (SELECT calls FROM stored) - (SELECT count(*) FROM unscored) AS scored,
      (SELECT count(*) FROM unscored) - (SELECT calls FROM dead) + (SELECT calls FROM undelivered) AS pending,
      (SELECT calls FROM dead) + (SELECT calls FROM refused) AS dead_lettered,
      coalesce((SELECT value FROM counter WHERE name = 'dropped'), 0) AS dropped,
      coalesce((SELECT value FROM counter WHERE name = 'lost_before_durable'), 0) AS lost_before_durable,
      (SELECT calls FROM purged) AS purged,
      coalesce((SELECT value FROM counter WHERE name = 'expired'), 0) AS expired`.execute(database);
  const numbers = rows[0];
  if (numbers === undefined) throw new Error('a SELECT without FROM has one row');
  const { answered, scored, pending, deadLettered, dropped, lostBeforeDurable, purged, expired } = numbers;
  const difference = answered - scored - pending - deadLettered - dropped - lostBeforeDurable - purged - expired;
  return { ...numbers, difference, balances: difference === 0 };
}

/** Name under which the drainer keeps records that no store takes among the dead letters. */
export const SPOOL_QUEUE = 'spool';

/** What one spool has counted for one project, over its life. */
export interface SpoolCounts {
  readonly projectId: string;
  readonly gatewayId: string;
  readonly spoolId: string;
  /** Records that are stored or dead-lettered when the surrounding transaction commits, and all before them. */
  readonly delivered: number;
  readonly dropped: number;
  readonly lostBeforeDurable: number;
  /** Durable records behind the delivered ones. */
  readonly pending: number;
  /** All segments of the spool on disk. */
  readonly spoolBytes: number;
}

/**
 * Writes a spool's counts, as absolute numbers, so that writing them twice counts nothing twice. They belong into the
 * transaction that stores the calls: then the equation holds in every snapshot of the database.
 *
 * @param stored calls of this project that the transaction has newly stored
 */
export async function writeSpoolCounts(transaction: Database, counts: SpoolCounts, stored: number): Promise<void> {
  const countedBy = `${counts.gatewayId}/${counts.spoolId}`;
  const row = (name: string, value: number) => ({ projectId: counts.projectId, gatewayId: countedBy, name, value });
  await transaction
    .insertInto('conservationCounter')
    .values([
      row('answered', counts.delivered + counts.dropped + counts.lostBeforeDurable),
      row('dropped', counts.dropped),
      row('lost_before_durable', counts.lostBeforeDurable),
    ])
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'gatewayId', 'name'])
        .doUpdateSet((builder) => ({ value: builder.ref('excluded.value') })),
    )
    .execute();
  await transaction
    .insertInto('conservationCounter')
    .values(row('stored', stored))
    .onConflict((conflict) =>
      conflict.columns(['projectId', 'gatewayId', 'name']).doUpdateSet((builder) => ({
        value: builder('conservationCounter.value', '+', builder.ref('excluded.value')),
      })),
    )
    .execute();
  await transaction
    .insertInto('gatewayStatus')
    .values({
      projectId: counts.projectId,
      gatewayId: counts.gatewayId,
      epoch: null,
      policyId: null,
      appliedAt: null,
      lastError: null,
      spoolBytes: counts.spoolBytes,
      spoolPending: counts.pending,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'gatewayId'])
        .doUpdateSet({ spoolBytes: counts.spoolBytes, spoolPending: counts.pending }),
    )
    .execute();
}
