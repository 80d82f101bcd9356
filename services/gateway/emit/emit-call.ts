import type { AuditEntry } from '#shared/database/audit-log.ts';
import type { Call, CaptureMode } from '#shared/domain/call.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import type { SpoolSource } from '#shared/spool/spool.ts';
import type { Telemetry } from '#shared/telemetry.ts';
import type { AuditQueue } from './audit-queue.ts';
import { captureOffer } from './capture-offer.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

export interface EmitDeps {
  readonly spool: Pick<SpoolSource, 'begin' | 'offer' | 'isFull'>;
  readonly metrics: Pick<GatewayMetrics, 'recordCall'>;
  readonly telemetry: Telemetry;
  readonly audit: Pick<AuditQueue, 'add'>;
  readonly log: Log;
  readonly gatewayId: string;
}

/** Hands a finished call to everything that keeps it. Nothing here waits, and nothing of it fails the call. */
export function emitCall(
  deps: EmitDeps,
  offered: OfferedCall,
  options: {
    readonly capture: CaptureMode;
    readonly targetModel: string | null;
    readonly traceparent: string | undefined;
  },
): void {
  const { call } = offered;
  // The spool first: a fault in what only watches must not cost the record.
  if (options.capture !== 'none') {
    const outcome = deps.spool.offer(captureOffer(offered, options.capture));
    if (outcome === 'dropped') deps.log.error({ callId: call.callId }, 'the spool is full; the call is not kept');
  }
  deps.metrics.recordCall(call);
  deps.telemetry.recordCall(call, options.traceparent);
  auditServedModel(deps, call, options.targetModel);
}

/** An upstream that answers as another model than the one asked for breaks the promise of exact ids. */
function auditServedModel(deps: EmitDeps, call: Call, targetModel: string | null): void {
  const { responseModel } = call;
  if (responseModel === null || targetModel === null || responseModel === targetModel) return;
  const entry: AuditEntry = {
    projectId: call.projectId,
    action: 'model.served_differs',
    actor: `gateway:${deps.gatewayId}`,
    subject: targetModel,
    reason: 'the upstream names another model than the one it was asked for',
    details: { provider: call.provider, responseModel, callId: call.callId },
  };
  deps.audit.add(`served ${targetModel} ${responseModel}`, entry);
}
