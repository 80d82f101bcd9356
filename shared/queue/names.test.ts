import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canaryJobId, judgeJobId, judgeQueueName, replayJobId, scoreJobId, sessionJobId } from './names.ts';
import { validateJob } from './validate-job.ts';

const callId = '019a0000-0000-7000-8000-000000000000';
const canary = { v: 1, probeId: 'probe' };
const judgement = {
  projectId: 'default',
  subjectType: 'call',
  subjectId: callId,
  rubric: 'tool-use',
  rubricVersion: '3',
  sample: 2,
} as const;

describe('job ids', () => {
  test('of scores and judgements read as the contract says', () => {
    expect(scoreJobId(callId, 'outcome')).toBe(`${callId}-outcome`);
    expect(judgeJobId(judgement)).toBe(`${callId}-tool-use-3-2`);
  });

  test('are accepted by the queue whatever the client put into the ids they are made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(), (text, sample) => {
        const ids = [
          sessionJobId({ projectId: 'default', sessionId: text }),
          judgeJobId({ ...judgement, subjectType: 'session', subjectId: text, sample }),
          judgeJobId({ ...judgement, rubric: text, sample }),
          replayJobId({ transcriptHead: text, prefixId: text, target: text, scorerSet: text, sample }),
          canaryJobId('0f'),
        ];
        for (const id of ids)
          expect(validateJob('trimtab-canary', { id, data: canary })).toMatchObject({ valid: true });
      }),
    );
  });

  test('of the same session id in two projects differ', () => {
    const inOne = sessionJobId({ projectId: 'one', sessionId: 'session' });
    expect(sessionJobId({ projectId: 'two', sessionId: 'session' })).not.toBe(inOne);
    expect(sessionJobId({ projectId: 'one', sessionId: 'session' })).toBe(inOne);
  });

  test('of replays depend on every part and on where a part ends', () => {
    const key = { transcriptHead: 'a', prefixId: 'b', target: 'c', scorerSet: 'd', sample: 0 };
    const variants = [
      key,
      { ...key, transcriptHead: 'x' },
      { ...key, prefixId: 'x' },
      { ...key, target: 'x' },
      { ...key, scorerSet: 'x' },
      { ...key, sample: 1 },
      { ...key, transcriptHead: 'ab', prefixId: '' },
    ];
    expect(new Set(variants.map(replayJobId)).size).toBe(variants.length);
  });
});

describe('judge queues', () => {
  test('carry the provider in their name', () => {
    expect(judgeQueueName('azure-openai')).toBe('trimtab-judge-azure-openai');
  });

  test('refuse a provider whose name cannot be part of a queue name', () => {
    for (const provider of ['', 'a:b', 'a b', 'ü', 'a'.repeat(65)]) {
      expect(() => judgeQueueName(provider)).toThrow(expect.objectContaining({ code: 'invalid_config' }));
    }
  });
});
