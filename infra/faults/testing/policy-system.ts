import { expect } from 'vitest';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import type { PublishedEpoch } from './audit/audit-staleness.ts';
import type { Violation } from './audit/violation.ts';
import { type FaultSystem, startFaultSystem } from './fault-system.ts';
import { epochNow, prepareTwoPolicies } from './policy-moves.ts';
import { type PolicyWatch, watchPolicies } from './policy-watch.ts';
import { auditSystem, createJournal, type FaultRun } from './run-under-load.ts';

/** A system with two policies to move between, whose gateway is watched. */
export interface PolicySystem {
  readonly target: FaultSystem;
  readonly watch: PolicyWatch;
  readonly policies: readonly [string, string];
  readonly journal: ReturnType<typeof createJournal>;
  readonly random: () => number;
  /** The one policy and the other, in turn. */
  policyOf(index: number): string;
  audited(published?: readonly PublishedEpoch[], run?: FaultRun): Promise<readonly Violation[]>;
  stop(): Promise<void>;
}

const CONVERGED_MS = 20_000;

export async function openPolicySystem(seed: number): Promise<PolicySystem> {
  const target = await startFaultSystem({ backend: 'PostgreSQL', seed });
  const policies = await prepareTwoPolicies(target.system.database);
  const watch = watchPolicies(target.system.gatewayUrl);
  const journal = createJournal();
  return {
    ...{ target, watch, policies, journal, random: createSeededRandom(seed).uniform },
    policyOf: (index) => (index % 2 === 0 ? policies[1] : policies[0]),
    audited: (published = [], run) =>
      auditSystem(target, journal.calls, { samples: watch.samples, published, ...(run === undefined ? {} : { run }) }),
    async stop() {
      await watch.stop();
      await target.stop();
    },
  };
}

/** The gateway has what is published now. */
export async function untilApplied({ system }: FaultSystem, { samples }: PolicyWatch): Promise<void> {
  const epoch = await epochNow(system.database);
  const applied = () => samples.at(-1)?.epoch ?? 0;
  await expect.poll(applied, { timeout: CONVERGED_MS, interval: 10 }).toBeGreaterThanOrEqual(epoch);
}
