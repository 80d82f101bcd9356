import { readdirSync } from 'node:fs';
import type { FaultSystem } from './fault-system.ts';

/** What one process of the system holds at a moment of `performance.now()`. */
export interface ProcessUse {
  readonly service: string;
  readonly pid: number;
  readonly atMs: number;
  readonly rssMb: number;
  /** Open files and connections. */
  readonly handles: number;
}

const SERVICES = ['gateway', 'evaluator', 'optimizer'] as const;
const MS_PER_HOUR = 3_600_000;

/** Of those that run now. */
export function processUses({ system, rssMb }: FaultSystem): readonly ProcessUse[] {
  return SERVICES.flatMap((service) => {
    const pid = system.pidOf(service);
    if (pid === undefined) return [];
    try {
      const handles = readdirSync(`/proc/${pid}/fd`).length;
      return [{ service, pid, atMs: performance.now(), rssMb: rssMb(service), handles }];
    } catch {
      return [];
    }
  });
}

/** How a number of one process goes over time, by the process that does worst. */
export interface Drift {
  /** From the middle of the first quarter to that of the last. */
  readonly growth: number;
  /** Median of all slopes between two samples, which single peaks do not move. */
  readonly perHour: number;
}

export function worstDrift(uses: readonly ProcessUse[], numberOf: (use: ProcessUse) => number): Drift {
  const byPid = Map.groupBy(uses, ({ pid }) => pid);
  const drifts = [...byPid.values()]
    .filter((samples) => samples.length >= 8)
    .map((samples) => driftOf(samples, numberOf));
  return {
    growth: Math.max(...drifts.map(({ growth }) => growth)),
    perHour: Math.max(...drifts.map(({ perHour }) => perHour)),
  };
}

function driftOf(samples: readonly ProcessUse[], numberOf: (use: ProcessUse) => number): Drift {
  const quarter = Math.floor(samples.length / 4);
  const growth = median(samples.slice(-quarter).map(numberOf)) - median(samples.slice(0, quarter).map(numberOf));
  const slopes = samples.flatMap((from, index) =>
    samples.slice(index + 1).map((to) => (numberOf(to) - numberOf(from)) / ((to.atMs - from.atMs) / MS_PER_HOUR)),
  );
  return { growth, perHour: median(slopes) };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
