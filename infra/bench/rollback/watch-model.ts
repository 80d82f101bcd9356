import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import * as z from 'zod';

/** One call of a new session: when it was sent and answered, and by which model. */
export interface Sample {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly model: string;
}

export interface ModelWatch {
  readonly samples: readonly Sample[];
  readonly failures: () => number;
  /** The first sample from `at` on that fits; waits for it. */
  until(fits: (sample: Sample) => boolean, from: number): Promise<Sample>;
  stop(): Promise<void>;
}

const answerSchema = z.looseObject({ model: z.string() });
const UNTIL_DEADLINE_MS = 30_000;
/** Four watchers and four gateways share the processors of the bench. */
const PAUSE_MS = 5;

/** Calls one gateway without end, each time as a new session, and notes which model answers. */
export function watchModel(gatewayUrl: string): ModelWatch {
  const agent = new Agent({ connections: 1 });
  const samples: Sample[] = [];
  const waiting = new Set<{ fits: (sample: Sample) => boolean; resolve: (sample: Sample) => void }>();
  let stopped = false;
  let failures = 0;
  const body = JSON.stringify({
    model: 'claude-sonnet-5',
    max_tokens: 20,
    messages: [{ role: 'user', content: 'Which model are you?' }],
  });
  const call = async (): Promise<void> => {
    const sentAtMs = performance.now();
    const answer = await request(`${gatewayUrl}/v1/messages`, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        'x-api-key': 'bench',
        'x-claude-code-session-id': randomUUID(),
      },
      body,
    });
    const { model } = answerSchema.parse(await answer.body.json());
    const sample = { sentAtMs, answeredAtMs: performance.now(), model };
    samples.push(sample);
    for (const waiter of [...waiting]) {
      if (!waiter.fits(sample)) continue;
      waiting.delete(waiter);
      waiter.resolve(sample);
    }
  };
  const running = (async () => {
    while (!stopped) {
      await call().catch(() => {
        failures += 1;
      });
      await delay(PAUSE_MS);
    }
  })();
  return {
    samples,
    failures: () => failures,
    async until(fits, from) {
      const known = samples.slice(from).find(fits);
      if (known !== undefined) return known;
      const { promise, resolve } = Promise.withResolvers<Sample>();
      waiting.add({ fits, resolve });
      const late = AbortSignal.timeout(UNTIL_DEADLINE_MS);
      const tooLate = new Promise<never>((_, reject) => {
        late.addEventListener('abort', () => reject(new Error(`${gatewayUrl} did not change over in time`)));
      });
      return await Promise.race([promise, tooLate]);
    },
    async stop() {
      stopped = true;
      await running;
      await agent.close();
    },
  };
}
