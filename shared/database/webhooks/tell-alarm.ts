import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { enqueueWebhook } from './enqueue-webhook.ts';

/** Tells people of an alarm that went off, or that was given up. */
export async function tellAlarm(
  transaction: Database,
  alarm: {
    readonly projectId: string;
    readonly alarmId: string;
    readonly turnShape: string;
    readonly model: string;
    readonly policyId: string;
    readonly armedAt: Date;
  },
  step: { readonly evidence: unknown; readonly reason: string },
  raised: boolean,
): Promise<void> {
  const { projectId, alarmId, turnShape, model, policyId } = alarm;
  const { rows } = await sql<{ at: Date; raisedAt: Date }>`
    SELECT now() AS at, raised_at AS "raisedAt" FROM alarm WHERE alarm_id = ${alarmId}`.execute(transaction);
  const happenedAt = rows[0]?.at ?? alarm.armedAt;
  const type = raised ? 'alarm.raised' : 'alarm.cleared';
  await enqueueWebhook(transaction, {
    ...{ projectId, type, subject: alarmId, severity: raised ? 'critical' : 'info', happenedAt },
    // An alarm may go off again after it was cleared, and then it is another event.
    deduplicationKey: `${type}:${alarmId}:${rows[0]?.raisedAt?.toISOString() ?? ''}`,
    title: `${raised ? 'Alarm' : 'Alarm given up'}: ${model} in ${turnShape}: ${step.reason}`,
    data: { turnShape, model, policyId, evidence: step.evidence },
  });
}
