import { describe, expect, it } from 'vitest';
import { scoreJobsOf } from './score-jobs-of.ts';
import { createScoreLanes } from './score-lanes.ts';

function lanesAt(): { readonly lanes: ReturnType<typeof createScoreLanes>; pass(milliseconds: number): void } {
  const clock = { now: 0 };
  return {
    lanes: createScoreLanes({ now: () => clock.now }),
    pass: (milliseconds) => {
      clock.now += milliseconds;
    },
  };
}

describe('createScoreLanes', () => {
  it('lets a key that sends fifty times as much as the others wait behind them', () => {
    const { lanes, pass } = lanesAt();
    const priorities = new Map<string, number>();
    for (let second = 0; second < 60; second += 1) {
      for (let call = 0; call < 50; call += 1) priorities.set('busy', lanes.priorityOf('busy'));
      for (const key of ['ada', 'grace']) priorities.set(key, lanes.priorityOf(key));
      pass(1_000);
    }
    expect(priorities.get('ada')).toBe(priorities.get('grace'));
    expect(priorities.get('busy')).toBeGreaterThan((priorities.get('ada') ?? 0) + 3);
  });

  it('forgives within minutes', () => {
    const { lanes, pass } = lanesAt();
    for (let call = 0; call < 5_000; call += 1) lanes.priorityOf('busy');
    expect(lanes.priorityOf('busy')).toBeGreaterThan(1);
    pass(5 * 60_000);
    expect(lanes.priorityOf('busy')).toBe(1);
  });

  it('never goes behind work that nobody waits for, whatever a key sends and however a clock jumps', () => {
    const { lanes, pass } = lanesAt();
    pass(1_000);
    lanes.priorityOf('busy');
    pass(-1_000);
    for (let call = 0; call < 100_000; call += 1) lanes.priorityOf('busy');
    const priority = lanes.priorityOf('busy');
    expect(Number.isInteger(priority)).toBe(true);
    expect(priority).toBeLessThan(100);
  });

  it('gives both jobs of a call the lane of its key', () => {
    const { lanes } = lanesAt();
    const call = { projectId: 'p', callId: 'b', parentCallId: 'a', source: 'gateway', keyId: 'key', sessionId: 's' };
    for (let index = 0; index < 200; index += 1)
      scoreJobsOf([{ ...call, callId: `${index}`, parentCallId: null }], lanes);
    const jobs = scoreJobsOf([call, { ...call, callId: 'c', parentCallId: null, keyId: 'other' }], lanes);
    expect(jobs.map((job) => [job.data.callId, job.priority])).toEqual([
      ['b', 4],
      ['a', 4],
      ['c', 1],
    ]);
  });
});
