import type { Price } from '#shared/domain/governance.ts';
import { SHRINKAGE_STRENGTH } from './shrinkage.ts';

const TOKENS_PER_PRICE_UNIT = 1_000_000;

/** Mean tokens per session, over `sessions` sessions. `inputTokens` excludes cache tokens. */
export interface TokenMix {
  readonly sessions: number;
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly outputTokens: number;
}

/** USD of one session of this mix at this price. */
export function sessionCostUsd(mix: TokenMix, price: Price): number {
  const cost =
    mix.inputTokens * price.input +
    mix.cacheReadInputTokens * (price.cacheRead ?? price.input) +
    mix.cacheCreationInputTokens * (price.cacheWrite ?? price.input) +
    mix.outputTokens * price.output;
  return cost / TOKENS_PER_PRICE_UNIT;
}

/**
 * USD that a session is expected to cost in the end: its own cost, and that of doing it again on the fallback with the
 * chance that it fails hard. Cheap tokens that have to be paid twice are not cheap. Quality below one is no such chance:
 * what a model does worse is weighed by the quality bar, and repeated calls are among the session's own tokens.
 */
export function expectedSessionCostUsd(costUsd: number, hardFailureChance: number, fallbackCostUsd: number): number {
  return costUsd + hardFailureChance * fallbackCostUsd;
}

/** The mix of several cells together, each weighing as many sessions as it has. */
export function pooledTokenMix(mixes: readonly TokenMix[]): TokenMix | null {
  const sessions = mixes.reduce((sum, mix) => sum + mix.sessions, 0);
  if (sessions === 0) return null;
  const mean = (field: keyof TokenMix) => mixes.reduce((sum, mix) => sum + mix.sessions * mix[field], 0) / sessions;
  return {
    sessions,
    inputTokens: mean('inputTokens'),
    cacheReadInputTokens: mean('cacheReadInputTokens'),
    cacheCreationInputTokens: mean('cacheCreationInputTokens'),
    outputTokens: mean('outputTokens'),
  };
}

/**
 * A model's own mix, pulled towards that of all models in the shape: models differ in how much they write, but a few
 * long sessions must not make one look dear.
 */
export function shrinkTokenMix(own: TokenMix | null, pooled: TokenMix, strength = SHRINKAGE_STRENGTH): TokenMix {
  if (own === null) return pooled;
  return { ...(pooledTokenMix([own, { ...pooled, sessions: strength }]) ?? pooled), sessions: own.sessions };
}
