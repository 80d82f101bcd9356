import type { FrameRing } from './frame-ring.ts';

/** Numbers of a spool that the thread which serves calls reads, at their places in the ring's gauges. */
const GAUGES = [
  'bytes',
  'pendingRecords',
  'records',
  'dropped',
  'lostBeforeDurable',
  'openCalls',
  'writeFailures',
  'damagedPlaces',
  'durableAtMs',
] as const;

/** Bytes of all segments: what is full is decided by it. */
export const DISK_BYTES_GAUGE = GAUGES.indexOf('bytes');

export type SpoolGauges = Readonly<Record<(typeof GAUGES)[number], number>>;

export function writeGauges(ring: FrameRing, gauges: SpoolGauges): void {
  for (const [index, name] of GAUGES.entries()) ring.gauges[index] = gauges[name];
}

export function readGauges(ring: FrameRing): SpoolGauges {
  const entries = GAUGES.map((name, index) => [name, ring.gauges[index] ?? 0] as const);
  return Object.fromEntries(entries) as unknown as SpoolGauges;
}
