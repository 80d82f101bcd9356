import { describe, expect, it } from 'vitest';
import { EARLY_STOPPING_START, type EarlyStoppingConfig, observeScore } from './early-stopping.ts';

/** After which of the scores a search stops, counted from 1, and why. */
function stopOf(config: EarlyStoppingConfig, means: readonly number[], standardError = 0) {
  let state = EARLY_STOPPING_START;
  for (const [index, mean] of means.entries()) {
    state = observeScore(state, config, { candidateId: `c${index}`, mean, standardError });
    if (state.stopped !== null) return [index + 1, state.stopped];
  }
  return null;
}

describe('early stopping', () => {
  it('goes on for ever without limits', () => {
    expect(stopOf({}, [1, 1, 1, 1, 0, 0, 0])).toBeNull();
  });

  it('stops at the threshold, with the candidate that reached it among the observed', () => {
    expect(stopOf({ minScoreThreshold: 0.9 }, [0.2, 0.9, 0.1])).toEqual([2, 'score_threshold']);
  });

  it('stops after so many candidates in a row that are no improvement', () => {
    expect(stopOf({ patience: 2 }, [0.5, 0.4, 0.6, 0.6, 0.6])).toEqual([5, 'patience']);
  });

  it('takes a climb in steps below the least one for standing still', () => {
    expect(stopOf({ patience: 2, minDelta: 0.1 }, [0.5, 0.55, 0.6])).toEqual([3, 'patience']);
    expect(stopOf({ patience: 2, minDelta: 0.1 }, [0.5, 0.55, 0.61, 0.65, 0.7])).toEqual([5, 'patience']);
  });

  it('stops when what came last is no better than chance makes it', () => {
    const climbing = [0.5, 0.52, 0.49, 0.53];
    expect(stopOf({ flatWindow: 3 }, climbing, 0.05)).toEqual([4, 'statistically_flat']);
    expect(stopOf({ flatWindow: 3 }, climbing, 0.005)).toBeNull();
  });

  it('stays stopped', () => {
    const stopped = observeScore(EARLY_STOPPING_START, { minScoreThreshold: 0.5 }, score('a', 0.6));
    expect(observeScore(stopped, { minScoreThreshold: 0.5 }, score('b', 0.1)).stopped).toBe('score_threshold');
  });
});

const score = (candidateId: string, mean: number) => ({ candidateId, mean, standardError: 0 });
