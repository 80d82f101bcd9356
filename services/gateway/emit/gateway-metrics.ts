import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Call } from '#shared/domain/call.ts';
import type { SpoolStats } from '#shared/spool/spool.ts';
import type { PolicyStatus } from '../policy-client.ts';
import { createCallTallies } from './call-tallies.ts';

/** What the gateway counts, for `/metrics`. Labels come from the configuration, never from a request. */
export interface GatewayMetrics {
  readonly registry: Registry;
  recordCall(call: Call): void;
  recordRefusal(reason: string): void;
}

export interface GatewayGauges {
  readonly spool: () => Pick<SpoolStats, 'bytes' | 'bytesMax' | 'pendingRecords' | 'dropped' | 'lostBeforeDurable'>;
  readonly isSpoolFull: () => boolean;
  /** What is done with calls then. */
  readonly spoolFull: 'drop-newest' | 'refuse';
  readonly policies: () => { readonly status: PolicyStatus; readonly epoch: number | null };
  readonly now: () => number;
}

const DURATION_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const FIRST_CHUNK_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createGatewayMetrics(gauges: GatewayGauges): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  const call = ['provider', 'model', 'status'] as const;
  const tallies = createCallTallies(registry);
  const duration = new Histogram({
    name: 'trimtab_call_duration_seconds',
    help: 'From the request to the end of the answer',
    labelNames: call,
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const firstChunk = new Histogram({
    name: 'trimtab_call_time_to_first_chunk_seconds',
    help: 'From the request to the first piece of the answer',
    labelNames: ['provider', 'model'] as const,
    buckets: FIRST_CHUNK_BUCKETS_SECONDS,
    registers,
  });
  const losses = new Counter({
    name: 'trimtab_losses_total',
    help: 'What translation lost, by kind',
    labelNames: ['provider', 'kind'] as const,
    registers,
  });
  const refusals = new Counter({
    name: 'trimtab_requests_refused_total',
    help: 'Requests answered with an error before any upstream was asked',
    labelNames: ['reason'] as const,
    registers,
  });
  registerGauges(registry, gauges);
  return {
    registry,
    recordCall(finished) {
      const provider = finished.provider ?? 'none';
      const model = finished.attempts.at(-1)?.model ?? 'none';
      tallies.add(provider, model, finished);
      duration.observe({ provider, model, status: finished.status }, finished.durationMs / 1000);
      if (finished.timeToFirstChunkMs !== null) {
        firstChunk.observe({ provider, model }, finished.timeToFirstChunkMs / 1000);
      }
      for (const loss of finished.losses) losses.inc({ provider, kind: loss.kind }, loss.count ?? 1);
    },
    recordRefusal: (reason) => refusals.inc({ reason }),
  };
}

function registerGauges(registry: Registry, gauges: GatewayGauges): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  };
  gauge('trimtab_spool_bytes', 'Bytes of calls on disk', () => gauges.spool().bytes);
  gauge('trimtab_spool_limit_bytes', 'Bytes that the spool may take', () => gauges.spool().bytesMax);
  new Gauge({
    name: 'trimtab_spool_full',
    help: 'Whether calls that come now cannot be kept, and what is done with them',
    labelNames: ['policy'] as const,
    registers: [registry],
    collect() {
      this.set({ policy: gauges.spoolFull }, gauges.isSpoolFull() ? 1 : 0);
    },
  });
  gauge('trimtab_spool_pending_records', 'Durable calls that are not stored yet', () => gauges.spool().pendingRecords);
  gauge('trimtab_spool_dropped_records', 'Calls given up because the spool was full', () => gauges.spool().dropped);
  gauge('trimtab_spool_lost_records', 'Calls that a crash lost', () => gauges.spool().lostBeforeDurable);
  gauge('trimtab_policy_epoch', 'Epoch of the policies in force', () => gauges.policies().epoch ?? 0);
  gauge('trimtab_policy_confirmed_age_seconds', 'Since the store last confirmed the policies', () => {
    const { confirmedAtMs } = gauges.policies().status;
    return confirmedAtMs === null ? Number.POSITIVE_INFINITY : (gauges.now() - confirmedAtMs) / 1000;
  });
}
