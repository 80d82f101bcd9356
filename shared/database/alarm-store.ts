import { sql } from 'kysely';
import { appendAudit } from './audit-log.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';
import { tellAlarm } from './webhooks/tell-alarm.ts';

export type AlarmStatus = 'watching' | 'raised' | 'confirmed' | 'cleared';

/** The watch over one cell (turn shape x model) of one policy. */
export interface Alarm {
  readonly alarmId: string;
  readonly projectId: string;
  readonly turnShape: string;
  readonly model: string;
  readonly policyId: string;
  readonly status: AlarmStatus;
  readonly state: unknown;
  readonly evidence: unknown;
  readonly lastSessionAt: Date | null;
  readonly armedAt: Date;
  readonly raisedAt: Date | null;
  /** When it took the model out of the cell. */
  readonly demotedAt: Date | null;
}

/** A model that an alarm took out of a turn shape, from which moment it has to be proven there anew. */
export interface AlarmDemotion {
  readonly turnShape: string;
  readonly model: string;
  readonly atMs: number;
}

export interface AlarmCell {
  readonly projectId: string;
  readonly turnShape: string;
  readonly model: string;
  readonly policyId: string;
}

/** Arms a cell once; armed by two optimizers at once it is one alarm. */
export async function armAlarm(database: Database, cell: AlarmCell, state: unknown): Promise<void> {
  const { projectId, turnShape, model, policyId } = cell;
  await database
    .insertInto('alarm')
    .values({
      ...{ projectId, turnShape, model, policyId },
      alarmId: sql`gen_random_uuid()`,
      status: 'watching',
      state: jsonText(state),
    })
    .onConflict((conflict) => conflict.columns(['projectId', 'turnShape', 'model', 'policyId']).doNothing())
    .execute();
}

/** Models that alarms took out of turn shapes between two moments, oldest first. */
export async function readDemotions(
  database: Database,
  projectId: string,
  window: { readonly since: Date; readonly asOf: Date },
): Promise<AlarmDemotion[]> {
  const rows = await database
    .selectFrom('alarm')
    .select(['turnShape', 'model', 'demotedAt'])
    .where('projectId', '=', projectId)
    .where('demotedAt', '>=', window.since)
    .where('demotedAt', '<=', window.asOf)
    .orderBy('demotedAt')
    .orderBy('alarmId')
    .execute();
  return rows.flatMap(({ turnShape, model, demotedAt }) =>
    demotedAt === null ? [] : [{ turnShape, model, atMs: demotedAt.getTime() }],
  );
}

/** When an alarm last took the model out of the turn shape; null when none ever did. */
export async function readLastDemotion(
  database: Database,
  projectId: string,
  cell: { readonly turnShape: string; readonly model: string },
): Promise<Date | null> {
  const row = await database
    .selectFrom('alarm')
    .select((build) => build.fn.max('demotedAt').as('at'))
    .where('projectId', '=', projectId)
    .where('turnShape', '=', cell.turnShape)
    .where('model', '=', cell.model)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Alarms that have gone off and are not settled, under whichever policy. */
export async function readRaisedAlarms(database: Database, projectId: string): Promise<Alarm[]> {
  const rows = await database
    .selectFrom('alarm')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('status', '=', 'raised')
    .orderBy('raisedAt')
    .orderBy('alarmId')
    .execute();
  return rows.map((row) => ({ ...row, status: row.status as AlarmStatus }));
}

/** The alarm that was armed last for a model in a turn shape, under whichever policy. */
export async function readLatestAlarm(
  database: Database,
  projectId: string,
  cell: { readonly turnShape: string; readonly model: string },
): Promise<Alarm | null> {
  const row = await database
    .selectFrom('alarm')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('turnShape', '=', cell.turnShape)
    .where('model', '=', cell.model)
    .orderBy('armedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { ...row, status: row.status as AlarmStatus };
}

export async function readAlarms(database: Database, projectId: string, policyId: string): Promise<Alarm[]> {
  const rows = await database
    .selectFrom('alarm')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('policyId', '=', policyId)
    .orderBy('turnShape')
    .orderBy('model')
    .execute();
  return rows.map((row) => ({ ...row, status: row.status as AlarmStatus }));
}

/**
 * Stores one step of a watch. False when another optimizer stored a step on the same state first. An alarm that goes off
 * and one that is given up are audit events, and told to people, in the same transaction.
 */
export async function saveAlarmStep(
  database: Database,
  alarm: Alarm,
  step: {
    readonly status: AlarmStatus;
    readonly state: unknown;
    readonly evidence: unknown;
    readonly lastSessionAt: Date | null;
    readonly actor: string;
    readonly reason: string;
    /** True when with this step the model has lost the cell. */
    readonly demoted?: boolean | undefined;
  },
): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    const raised = step.status === 'raised' && alarm.status === 'watching';
    const saved = await transaction
      .updateTable('alarm')
      .set({
        status: step.status,
        state: jsonText(step.state),
        evidence: jsonText(step.evidence),
        lastSessionAt: step.lastSessionAt,
        ...(raised ? { raisedAt: sql`now()` } : {}),
        ...(step.demoted ? { demotedAt: sql`now()` } : {}),
      })
      .where('alarmId', '=', alarm.alarmId)
      .where('status', '=', alarm.status)
      .where('state', '=', jsonText(alarm.state))
      .executeTakeFirst();
    if (saved.numUpdatedRows === 0n) return false;
    const cleared = alarm.status === 'raised' && (step.status === 'watching' || step.status === 'cleared');
    if (raised || cleared) {
      await appendAudit(transaction, {
        projectId: alarm.projectId,
        action: raised ? 'alarm.raised' : 'alarm.cleared',
        actor: step.actor,
        subject: `${alarm.turnShape} ${alarm.model}`,
        reason: step.reason,
        details: { alarmId: alarm.alarmId, policyId: alarm.policyId, evidence: step.evidence },
      });
      await tellAlarm(transaction, alarm, step, raised);
    }
    return true;
  });
}
