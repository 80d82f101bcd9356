import { vi } from 'vitest';
import { waitUntilSettled, wasAnswered } from '../../testing/answered-calls.ts';
import { type ClientCall, startLoad } from '../../testing/load.ts';
import { type AuditEvidence, audit } from './audit/audit.ts';
import type { Violation } from './audit/violation.ts';
import type { FaultSystem } from './fault-system.ts';
import { auditDeaths, type Lives, livesOf } from './service-deaths.ts';

export interface FaultRun {
  readonly calls: readonly ClientCall[];
  /** When the fault began and ended, on the clock of `performance.now()`. */
  readonly faultFromMs: number;
  readonly faultToMs: number;
  /** Who ran before the fault. */
  readonly livesBefore: Lives;
}

export interface LoadShape {
  readonly agents: number;
  readonly pauseMs: number;
}

const LOAD: LoadShape = { agents: 6, pauseMs: 120 };
/** Calls before and after the fault. */
const QUIET_CALLS = 15;
const CALLS_DEADLINE_MS = 60_000;
/** How soon it has to is measured by itself; this is for a machine that does much else. */
const SETTLED_WITHIN_MS = 300_000;

/** Clients at work before, during and after a fault, and what they saw. */
export async function runUnderLoad(
  target: FaultSystem,
  fault: (calls: readonly ClientCall[]) => Promise<unknown>,
  shape: LoadShape = LOAD,
): Promise<FaultRun> {
  const { system, seed, apiKey } = target;
  const load = startLoad({ baseUrl: system.gatewayUrl, seed, apiKey, ...shape });
  try {
    await untilAnswered(load.calls, QUIET_CALLS);
    const livesBefore = livesOf(system);
    const faultFromMs = performance.now();
    await fault(load.calls);
    const faultToMs = performance.now();
    await untilAnswered(load.calls, QUIET_CALLS);
    return { calls: load.calls, faultFromMs, faultToMs, livesBefore };
  } finally {
    await load.stop();
  }
}

/** Resolves when so many more calls have been answered. */
export async function untilAnswered(calls: readonly ClientCall[], more: number): Promise<void> {
  const soFar = calls.length;
  const isEnough = () => {
    const answered = calls.slice(soFar).filter(wasAnswered).length;
    if (answered < more) throw new Error(`only ${answered} of ${more} calls were answered`);
  };
  await vi.waitFor(isEnough, { timeout: CALLS_DEADLINE_MS, interval: 20 });
}

/** All calls that a system was ever asked for, over the faults of one file: its tables hold them all. */
export function createJournal(): { readonly calls: readonly ClientCall[]; add(run: FaultRun): void } {
  const calls: ClientCall[] = [];
  return { calls, add: (run) => void calls.push(...run.calls) };
}

type Told = 'isInWindow' | 'expected' | 'samples' | 'published' | 'isStrangerAllowed';
type Placed = 'spoolFolders' | 'policyCopies' | 'folders';
type AuditMore = Partial<Pick<AuditEvidence, Told | Placed>> & {
  /** The run whose services must have lived through it, but for those that it killed. */
  readonly run?: FaultRun;
  readonly killed?: Parameters<typeof auditDeaths>[2];
  /** How long it may take to come to rest. */
  readonly settledWithinMs?: number;
};

/** Waits until the system has come to rest, and audits it. */
export async function auditSystem(
  target: FaultSystem,
  calls: readonly ClientCall[],
  more: AuditMore = {},
): Promise<readonly Violation[]> {
  const { system, spoolFolder, policyCopy, folders, secrets } = target;
  const { run, killed = [], settledWithinMs = SETTLED_WITHIN_MS, ...evidence } = more;
  await waitUntilSettled(system.database, calls, settledWithinMs);
  const violations = await audit({
    ...{ database: system.database, projectId: 'default', calls, folders, secrets },
    spoolFolders: [spoolFolder],
    policyCopies: [policyCopy],
    ...evidence,
  });
  return run === undefined ? violations : [...violations, ...auditDeaths(run.livesBefore, system, killed)];
}
