import type { CaptureMode } from '#shared/domain/call.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import type { SpoolSource } from '#shared/spool/spool.ts';
import type { Telemetry } from '#shared/telemetry.ts';
import { captureOffer } from './capture-offer.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

export interface EmitDeps {
  readonly spool: Pick<SpoolSource, 'begin' | 'offer' | 'isFull'>;
  readonly metrics: Pick<GatewayMetrics, 'recordCall'>;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Hands a finished call to everything that keeps it. Nothing here waits, and nothing of it fails the call. */
export function emitCall(
  deps: EmitDeps,
  offered: OfferedCall,
  options: {
    readonly capture: CaptureMode;
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
}
