import * as z from 'zod';

/** What may be written in the audit log; one event for every change of power. */
export const auditActionSchema = z.enum([
  'policy.proposed',
  'policy.approved',
  'policy.rejected',
  'policy.activated',
  'policy.rolled_back',
  'policy.revoked',
  'policy.pinned',
  'rollout.opened',
  'rollout.promoted',
  'rollout.rolled_back',
  'rollout.inconclusive',
  'rollout.aborted',
  'alarm.raised',
  'alarm.cleared',
  'governance.imported',
  'optimizer.paused',
  'optimizer.resumed',
  'key.created',
  'key.revoked',
  'calls.purged',
  'call.refused',
  'model.served_differs',
]);

export type AuditAction = z.infer<typeof auditActionSchema>;
