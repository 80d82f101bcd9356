import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import type { PolicyCopy } from '../../../services/gateway/policy-client.ts';
import type { Life, Schedule } from './schedule.ts';

const SLOW_MS = 7_000;

/** A store of policies with a replica that lags, and the disk that a gateway keeps its copy on. */
export class PolicyMachine {
  epoch = 1;
  isDown = false;
  copyText: string | null = null;
  /** How often anything went wrong so far. */
  troubles = 0;
  readonly #schedule: Schedule;
  #faults: { readonly errorShare: number; readonly slowShare: number; readonly lagShare: number };

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    const share = (most: number) => (schedule.chance(0.5) ? most : 0);
    this.#faults = { errorShare: share(0.1), slowShare: share(0.1), lagShare: share(0.15) };
  }

  publish(): void {
    this.epoch += 1;
  }

  heal(): void {
    this.isDown = false;
    this.#faults = { errorShare: 0, slowShare: 0, lagShare: 0 };
  }

  readerFor(life: Life): () => Promise<ActivePolicies> {
    return async () => {
      await this.#act(life, 'slow');
      const isLagging = this.#schedule.chance(this.#faults.lagShare);
      if (isLagging) this.troubles += 1;
      return policiesAt(isLagging ? Math.max(1, this.epoch - 1 - this.#schedule.below(3)) : this.epoch);
    };
  }

  copyFor(life: Life): PolicyCopy {
    return {
      read: async () => {
        await this.#act(life, 'disk');
        return this.copyText;
      },
      write: async (text) => {
        await this.#act(life, 'disk');
        this.copyText = text;
      },
    };
  }

  async #act(life: Life, kind: 'slow' | 'disk'): Promise<void> {
    const isSlow = kind === 'slow' && this.#schedule.chance(this.#faults.slowShare);
    if (isSlow) this.troubles += 1;
    await this.#schedule.turn(life, isSlow ? SLOW_MS : 0);
    const isFailing = (kind === 'slow' && this.isDown) || this.#schedule.chance(this.#faults.errorShare);
    if (!isFailing) return;
    this.troubles += 1;
    throw Object.assign(new Error('simulated'), { code: kind === 'disk' ? 'ENOSPC' : 'ECONNREFUSED' });
  }
}

function policiesAt(epoch: number): ActivePolicies {
  const body = { schema: 1 as const, turnShapeVersion: 1 as const, routes: [], safeDefault: 'a' };
  return {
    ...{ projectId: 'shop', epoch, salt: 'salt', explorationShare: 0, revoked: [], prefixes: {} },
    stable: { policyId: `policy-${epoch}`, number: epoch, body },
    ...{ canary: null, rollout: null, governanceVersion: 1, paused: false },
    models: [{ id: 'a', provider: 'p', aliases: [], price: { input: 1, output: 1 } }],
  };
}
