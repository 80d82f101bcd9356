import { sql } from 'kysely';
import { appendAudit } from './audit-log.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

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
 * Stores one step of a watch. False when another optimizer stored a step on the same state first. A change of status
 * to `raised` or `cleared` is an audit event, in the same transaction.
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
      })
      .where('alarmId', '=', alarm.alarmId)
      .where('status', '=', alarm.status)
      .where('state', '=', jsonText(alarm.state))
      .executeTakeFirst();
    if (saved.numUpdatedRows === 0n) return false;
    const cleared = step.status === 'watching' && alarm.status === 'raised';
    if (raised || cleared) {
      await appendAudit(transaction, {
        projectId: alarm.projectId,
        action: raised ? 'alarm.raised' : 'alarm.cleared',
        actor: step.actor,
        subject: `${alarm.turnShape} ${alarm.model}`,
        reason: step.reason,
        details: { alarmId: alarm.alarmId, policyId: alarm.policyId, evidence: step.evidence },
      });
    }
    return true;
  });
}
