import { sql } from 'kysely';
import type { Database } from '#shared/database/connect.ts';
import { readConservation } from '#shared/database/conservation.ts';
import { storedCallIds, wasAnswered } from '../../../testing/answered-calls.ts';
import type { ClientCall } from '../../../testing/load.ts';
import { readSpoolFolder, type SpoolOnDisk } from './read-spool-folder.ts';
import { STILL_PENDING, type Violation, violationOf } from './violation.ts';

export interface CallEvidence {
  readonly database: Database;
  readonly projectId: string;
  /** The clients' own journal. */
  readonly calls: readonly ClientCall[];
  readonly spoolFolders: readonly string[];
  /** Whether a kill excuses that an answered call was not kept; false for all when absent. */
  readonly isInWindow?: (call: ClientCall) => boolean;
  /** The journal is not that of all clients. */
  readonly isStrangerAllowed?: boolean;
}

/** I1: what clients have in writing, what the disks hold and what the tables say must be one story. */
export async function auditConservation(evidence: CallEvidence): Promise<readonly Violation[]> {
  const { database, projectId, calls, spoolFolders, isInWindow = () => false } = evidence;
  const conservation = await readConservation(database, projectId);
  const { dropped, deadLettered, lostBeforeDurable, pending, difference } = conservation;
  const stored = await storedCallIds(database);
  const letters = await lettersOf(database, projectId);
  const isKept = (callId: string | null) => callId !== null && (stored.has(callId) || letters.has(callId));
  const missing = calls.filter((call) => wasAnswered(call) && !isKept(call.callId));
  const unexcused = missing.filter((call) => !isInWindow(call));
  const unknown = calls.filter(({ outcome }) => outcome === 'unknown');
  const known = new Set(calls.flatMap(({ callId }) => callId ?? []));
  const strangers = evidence.isStrangerAllowed ? [] : [...stored].filter((callId) => !known.has(callId));
  const nameless = unknown.filter(({ callId }) => callId === null).length;
  const spools = await Promise.all(spoolFolders.map(readSpoolFolder));
  return [
    ...violationOf('I1', 'the equation does not balance', difference === 0 ? [] : [conservation]),
    ...violationOf('I1', STILL_PENDING, pending === 0 ? [] : [conservation]),
    ...violationOf('I1', 'answered calls are gone, and nothing counts them', unexcused.slice(dropped)),
    ...violationOf(
      'I1',
      'more answered calls are gone than are counted',
      missing.slice(dropped + lostBeforeDurable + deadLettered),
    ),
    ...violationOf(
      'I1',
      'more calls are counted as lost than clients can have lost',
      !evidence.isStrangerAllowed && lostBeforeDurable > missing.length + unknown.length
        ? [{ lostBeforeDurable, missing: missing.length }]
        : [],
    ),
    ...violationOf('I1', 'calls are stored that nobody made', strangers.slice(nameless)),
    ...violationOf(
      'I1',
      'records on the disk are in no table',
      spools.flatMap(({ records }) => records).filter((callId) => !isKept(callId)),
    ),
    ...(await auditCounters(database, spools)),
  ];
}

/** The checkpoints on the disk and the counters in the table are two books of the same. */
async function auditCounters(database: Database, spools: readonly SpoolOnDisk[]): Promise<readonly Violation[]> {
  const rows = await database.selectFrom('conservationCounter').selectAll().execute();
  const differences = spools.flatMap(({ spoolId, projects }) =>
    [...projects].flatMap(([projectId, totals]) => {
      const counter = (name: string) =>
        rows.find((row) => row.projectId === projectId && row.name === name && row.gatewayId.endsWith(`/${spoolId}`))
          ?.value ?? 0;
      const answered = totals.records + totals.dropped + totals.lost;
      const isSame =
        counter('answered') === answered &&
        counter('dropped') === totals.dropped &&
        counter('lost_before_durable') === totals.lost;
      return isSame ? [] : [{ spoolId, projectId, checkpoint: totals, answered: counter('answered') }];
    }),
  );
  return violationOf('I1', 'a checkpoint and the counters disagree', differences);
}

async function lettersOf(database: Database, projectId: string): Promise<ReadonlySet<string>> {
  const rows = await database.selectFrom('deadLetter').select('callId').where('projectId', '=', projectId).execute();
  return new Set(rows.flatMap(({ callId }) => callId ?? []));
}

interface Doubles {
  readonly calls: number;
  readonly differentCalls: number;
  readonly countedStored: number;
  readonly inSessions: number;
  readonly wrongSessions: number;
  readonly runs: number;
  readonly differentRuns: number;
  readonly runsOfNoCall: number;
  readonly scores: number;
  readonly differentScores: number;
}

/** I2: keys hold what they promise, and sums that are kept are those of the rows. */
export async function auditUniqueness(database: Database): Promise<readonly Violation[]> {
  const { rows } = await sql<Doubles>`
    SELECT (SELECT count(*) FROM call WHERE source = 'gateway') AS calls,
      (SELECT count(DISTINCT call_id) FROM call WHERE source = 'gateway') AS different_calls,
      (SELECT coalesce(sum(value), 0)::int FROM conservation_counter WHERE name = 'stored') AS counted_stored,
      (SELECT coalesce(sum(call_count), 0)::int FROM session) AS in_sessions,
      (SELECT count(*) FROM session WHERE call_count <>
        (SELECT count(*) FROM call WHERE call.session_id = session.session_id)) AS wrong_sessions,
      (SELECT count(*) FROM scoring_run) AS runs,
      (SELECT count(*) FROM (SELECT DISTINCT call_id, pass FROM scoring_run) AS run) AS different_runs,
      (SELECT count(*) FROM scoring_run AS run WHERE NOT EXISTS
        (SELECT 1 FROM call WHERE call.call_id = run.call_id)) AS runs_of_no_call,
      (SELECT count(*) FROM score) AS scores,
      (SELECT count(*) FROM (SELECT DISTINCT subject_type, subject_id, scorer, scorer_version, pass, sample
        FROM score) AS score) AS different_scores`.execute(database);
  const counts = rows[0];
  if (counts === undefined) throw new Error('a SELECT without FROM has one row');
  const unlike = (left: keyof Doubles, right: keyof Doubles) => (counts[left] === counts[right] ? [] : [counts]);
  return [
    ...violationOf('I2', 'a call is stored twice', unlike('calls', 'differentCalls')),
    ...violationOf('I2', 'stored calls are counted wrongly', unlike('calls', 'countedStored')),
    ...violationOf('I2', 'sessions hold another number of calls than there are', unlike('calls', 'inSessions')),
    ...violationOf('I2', 'sessions count their calls wrongly', counts.wrongSessions === 0 ? [] : [counts]),
    ...violationOf('I2', 'a call was scored twice in one pass', unlike('runs', 'differentRuns')),
    ...violationOf('I2', 'calls were scored that are not stored', counts.runsOfNoCall === 0 ? [] : [counts]),
    ...violationOf('I2', 'a score stands twice', unlike('scores', 'differentScores')),
  ];
}
