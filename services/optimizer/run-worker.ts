import type { Database } from '#shared/database/connect.ts';
import { type ClaimedRun, claimRun, extendLease, finishRun } from '#shared/database/optimizer-run-store.ts';
import { isLeaseLost } from '#shared/database/run-fence.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { Log } from '#shared/log.ts';

export interface RunWorkerDeps {
  readonly database: Database;
  readonly log: Log;
  /** Name of this process in leases; unique among all optimizers. */
  readonly owner: string;
  readonly cycle: (run: ClaimedRun) => Promise<'done' | 'waiting'>;
  readonly onOutcome?: (outcome: 'done' | 'waiting' | 'failed') => void;
}

export interface RunWorkerOptions {
  readonly projectId: string;
  readonly leaseMs?: number;
}

export interface RunWorker {
  /** Works off what is due; returns the number of runs that ended or were parked. */
  work(): Promise<number>;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

const LEASE_MS = 60_000;
const HEARTBEATS_PER_LEASE = 3;
/** A run that brought its process down this often is given up, and the next night starts afresh. */
const ATTEMPTS_MAX = 5;
/** Due runs taken in one go; more cannot be, with one job a night. */
const RUNS_MAX = 10;

/** Claims due runs one after the other and holds each under a lease while it runs; see `claimRun` for who may. */
export function createRunWorker(deps: RunWorkerDeps, options: RunWorkerOptions): RunWorker {
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const claim = { projectId: options.projectId, owner: deps.owner, leaseMs, attemptsMax: ATTEMPTS_MAX };
  let running: Promise<number> | null = null;
  let queued: Promise<number> | null = null;

  const workAll = async (): Promise<number> => {
    for (let done = 0; done < RUNS_MAX; done += 1) {
      const run = await claimRun(deps.database, claim);
      if (run === null) return done;
      await runUnderLease(run);
    }
    return RUNS_MAX;
  };

  const runUnderLease = async (run: ClaimedRun): Promise<void> => {
    const heartbeat = setInterval(() => {
      extendLease(deps.database, run, leaseMs).catch((error: unknown) =>
        deps.log.warn({ error, runId: run.runId }, 'the lease of the run could not be extended'),
      );
    }, leaseMs / HEARTBEATS_PER_LEASE);
    try {
      const outcome = await deps.cycle(run);
      deps.onOutcome?.(outcome);
      deps.log.info({ runId: run.runId, job: run.job, outcome }, 'optimizer run');
    } catch (error) {
      await giveUp(run, error);
    } finally {
      clearInterval(heartbeat);
    }
  };

  const giveUp = async (run: ClaimedRun, error: unknown): Promise<void> => {
    if (isLeaseLost(error)) {
      deps.log.warn({ runId: run.runId }, 'another optimizer has taken the run over');
      return;
    }
    deps.onOutcome?.('failed');
    deps.log.error({ error, runId: run.runId }, 'the optimizer run failed');
    // A store that is away will be back: the lease runs out and the run is resumed from its checkpoint.
    if (!(error instanceof TrimtabError) || error.retryable) return;
    const summary = { ...run.checkpoint, error: error.message, code: error.code };
    await finishRun(deps.database, run, { status: 'failed', summary });
  };

  const start = (): Promise<number> => {
    running = workAll().finally(() => {
      running = null;
    });
    return running;
  };

  return {
    work() {
      if (running === null) return start();
      // However often it is rung while a run goes on, one look after it sees all that was asked for.
      queued ??= running
        .catch(() => 0)
        .then(() => {
          queued = null;
          return start();
        });
      return queued;
    },
    async idle() {
      await (queued ?? running)?.catch(() => 0);
    },
  };
}
