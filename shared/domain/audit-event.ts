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
  'cluster.status_changed',
  'cluster.merged',
  'cluster.split',
  'cluster.renamed',
  'cluster.assigned',
  'cluster.labelled',
  'cluster.commented',
  'cluster.claimed',
  'cluster.call_kept',
  'cluster.change_proposed',
  'cluster.change_applied',
  'cluster.change_rejected',
]);

export type AuditAction = z.infer<typeof auditActionSchema>;

/** What tells the history of policies: how they came about, who said what of them, and what was served when. */
export const POLICY_ACTIONS = [
  'policy.proposed',
  'policy.approved',
  'policy.rejected',
  'policy.activated',
  'policy.pinned',
  'policy.rolled_back',
  'policy.revoked',
  'rollout.opened',
  'rollout.promoted',
  'rollout.rolled_back',
  'rollout.inconclusive',
  'rollout.aborted',
  'governance.imported',
] as const satisfies readonly AuditAction[];
