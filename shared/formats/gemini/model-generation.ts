import type { EncodeTarget } from '../encode-target.ts';

/**
 * The generation of the target model. From the third on, models take `thinkingLevel` instead of a budget, number their
 * calls, take images inside results and refuse calls without a thought signature. Names without a number are aliases
 * of the latest.
 */
export function modelGeneration(target: EncodeTarget): 2 | 3 {
  if (target.geminiGeneration !== undefined) return target.geminiGeneration;
  const version = /gemini-(\d+)/.exec(target.family ?? target.model)?.[1];
  return version !== undefined && Number(version) < 3 ? 2 : 3;
}
