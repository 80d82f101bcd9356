import { setTimeout as delay } from 'node:timers/promises';

/** The epoch that a gateway had in force at a moment of `performance.now()`. */
export interface PolicySample {
  readonly gateway: string;
  readonly epoch: number;
  readonly atMs: number;
}

export interface PolicyWatch {
  readonly samples: readonly PolicySample[];
  stop(): Promise<void>;
}

const INTERVAL_MS = 25;
const GAUGE = /^trimtab_policy_epoch\s+(\d+)/m;

/** Asks a gateway for its epoch, again and again, past all that it says of itself in the database. */
export function watchPolicies(gatewayUrl: string): PolicyWatch {
  const samples: PolicySample[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const epoch = await readEpoch(gatewayUrl);
      // Zero is a gateway without a policy yet; it routes nothing.
      if (epoch !== null && epoch > 0) samples.push({ gateway: gatewayUrl, epoch, atMs: performance.now() });
      await delay(INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    samples,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

/** Null while it does not answer. */
async function readEpoch(gatewayUrl: string): Promise<number | null> {
  try {
    const response = await fetch(`${gatewayUrl}/metrics`);
    const digits = GAUGE.exec(await response.text())?.[1];
    return digits === undefined ? null : Number(digits);
  } catch {
    return null;
  }
}
