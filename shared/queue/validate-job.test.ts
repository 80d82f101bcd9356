import { describe, expect, test } from 'vitest';
import { INGEST_PAYLOAD_BYTES_MAX } from './queue-limits.ts';
import { validateJob } from './validate-job.ts';

const callId = '019a0000-0000-7000-8000-000000000000';
const score = { v: 1, projectId: 'default', callId, pass: 'call' };
const judge = {
  v: 1,
  projectId: 'default',
  subjectType: 'call',
  subjectId: callId,
  rubric: 'tool-use',
  rubricVersion: '1',
  sample: 0,
};

describe('a job', () => {
  test('with ids only is valid, and keeps nothing that its schema does not know', () => {
    const data = { ...score, body: 'SMUGGLED' };
    expect(validateJob('trimtab-score', { id: 'a-call', data })).toEqual({ valid: true, data: score });
  });

  test.each([
    ['', 'printable'],
    ['a:b', 'colon'],
    ['a b', 'printable'],
    ['ü', 'printable'],
    ['123', 'digits'],
    ['a'.repeat(201), 'longer'],
  ])('with the id %j is invalid', (id, reason) => {
    const validation = validateJob('trimtab-score', { id, data: score });
    expect(validation).toMatchObject({ valid: false, reason: expect.stringContaining(reason) });
  });

  test.each([
    ['trimtab-score', { ...score, v: 2 }],
    ['trimtab-score', { ...score, callId: 'not-a-uuid' }],
    ['trimtab-score', { ...score, pass: 'session' }],
    ['trimtab-score', { ...score, projectId: 'a\u0000b' }],
    ['trimtab-session', { v: 1, projectId: 'default', sessionId: 'lone \ud800' }],
    ['trimtab-session', { v: 1, projectId: 'default', sessionId: 'nul \u0000' }],
    ['trimtab-judge-openai', { ...judge, sample: 0.5 }],
    ['trimtab-judge-openai', score],
    ['trimtab-replay', { v: 1, projectId: 'default' }],
    ['trimtab-ingest', { v: 1, callId: 'x', record: 'über' }],
    ['trimtab-ingest', { v: 1, callId: 'x', record: 'a\u0000b' }],
    ['trimtab-canary', null],
  ] as const)('of %s with the payload %j is invalid', (queueName, data) => {
    expect(validateJob(queueName, { id: 'job', data })).toMatchObject({
      valid: false,
      reason: expect.stringContaining(queueName),
    });
  });

  test('of an internal queue holds at most a kibibyte', () => {
    const of = (length: number) => ({ ...judge, subjectId: '💥'.repeat(length) });
    expect(validateJob('trimtab-judge-openai', { id: 'job', data: of(200) })).toMatchObject({ valid: true });
    expect(validateJob('trimtab-judge-openai', { id: 'job', data: of(256) })).toMatchObject({
      valid: false,
      reason: expect.stringContaining('1024 are allowed'),
    });
  });

  test('of the ingest queue holds at most eight mebibytes', () => {
    const of = (length: number) => ({ v: 1, callId: 'x', record: 'A'.repeat(length) });
    const envelope = JSON.stringify(of(0)).length;
    const fits = of(INGEST_PAYLOAD_BYTES_MAX - envelope);
    expect(validateJob('trimtab-ingest', { id: 'job', data: fits })).toMatchObject({ valid: true });
    const tooLarge = of(INGEST_PAYLOAD_BYTES_MAX - envelope + 1);
    expect(validateJob('trimtab-ingest', { id: 'job', data: tooLarge })).toMatchObject({ valid: false });
  });
});
