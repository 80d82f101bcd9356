import { Counter, type Registry } from 'prom-client';
import type { Call } from '#shared/domain/call.ts';

/** Counters of finished calls, which are told to the registry when somebody asks it. */
export interface CallTallies {
  add(provider: string, model: string, call: Call): void;
}

/** Sums since the registry was told last. */
interface Tally {
  readonly provider: string;
  readonly model: string;
  readonly status: string;
  readonly variant: string;
  readonly path: string;
  calls: number;
  /** An upstream said how many tokens it counted. */
  isCounted: boolean;
  input: number;
  cacheRead: number;
  cacheCreation: number;
  output: number;
  costUsd: number;
}

const CALL_LABELS = ['provider', 'model', 'status', 'variant', 'path'] as const;
const TOKEN_LABELS = ['provider', 'model', 'type'] as const;
const COST_LABELS = ['provider', 'model'] as const;

const NOTHING = { calls: 0, isCounted: false, input: 0, cacheRead: 0, cacheCreation: 0, output: 0, costUsd: 0 };

/**
 * A counter of the registry makes a text of its labels at each increment, and a call increments six of them. Here a call
 * adds to one sum, and the sums are given to the counters when these are read.
 */
export function createCallTallies(registry: Registry): CallTallies {
  const tallies = new Map<string, Tally>();
  const registers = [registry];
  const calls = new Counter({
    name: 'trimtab_calls_total',
    help: 'Calls answered',
    labelNames: CALL_LABELS,
    registers,
    collect: tell,
  });
  const tokens = new Counter({
    name: 'trimtab_tokens_total',
    help: 'Tokens as the upstream counted them',
    labelNames: TOKEN_LABELS,
    registers,
    collect: tell,
  });
  const cost = new Counter({
    name: 'trimtab_call_cost_usd_total',
    help: 'Cost of answers by the configured prices',
    labelNames: COST_LABELS,
    registers,
    collect: tell,
  });
  function tell(): void {
    for (const tally of tallies.values()) {
      const { provider, model, status, variant, path } = tally;
      calls.inc({ provider, model, status, variant, path }, tally.calls);
      cost.inc({ provider, model }, tally.costUsd);
      if (!tally.isCounted) continue;
      tokens.inc({ provider, model, type: 'input' }, tally.input);
      tokens.inc({ provider, model, type: 'cache_read' }, tally.cacheRead);
      tokens.inc({ provider, model, type: 'cache_creation' }, tally.cacheCreation);
      tokens.inc({ provider, model, type: 'output' }, tally.output);
    }
    tallies.clear();
  }
  return {
    add(provider, model, { status, variant, path, usage, costUsd }) {
      const key = `${provider} ${model} ${status} ${variant} ${path}`;
      let tally = tallies.get(key);
      if (tally === undefined) {
        tally = { provider, model, status, variant: variant ?? 'none', path, ...NOTHING };
        tallies.set(key, tally);
      }
      tally.calls += 1;
      tally.costUsd += costUsd ?? 0;
      if (usage === null) return;
      tally.isCounted = true;
      tally.input += usage.inputTokens;
      tally.cacheRead += usage.cacheReadInputTokens;
      tally.cacheCreation += usage.cacheCreationInputTokens;
      tally.output += usage.outputTokens;
    },
  };
}
