import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrateJudge } from '#shared/calibration/calibrate-judge.ts';
import { writeCalibration } from '#shared/database/calibration-store.ts';
import { insertScores } from '#shared/database/score-store.ts';
import type { Score } from '#shared/domain/score.ts';
import { insertCall, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createOptimizerServer } from '../../server.ts';
import { openOptimizerStore } from '../../testing/optimizer-store.ts';
import { serverDepsOf } from '../../testing/server-deps.ts';
import { addToken, readAccessTokens } from '../token-file.ts';

const PROJECT = 'labels';
const VERSION = { rubric: 'tool-use', rubricVersion: '1', judge: 'judge-1' };
const { owner, optimizer: database } = await openOptimizerStore();
let server: FastifyInstance;
let dataDir: string;
let operator: string;
let viewer: string;
const callIds: string[] = [];

beforeAll(async () => {
  await seedProject(owner, PROJECT, {});
  for (const index of [1, 2, 3, 4, 5]) {
    const call = { project: PROJECT, index, sessionId: `s-${index}`, startedAt: new Date(Date.now() - 60_000 + index) };
    callIds.push(await insertCall(owner, call));
  }
  dataDir = await mkdtemp(join(tmpdir(), 'trimtab-labels-'));
  operator = await addToken(dataDir, 'ann', 'operator');
  viewer = await addToken(dataDir, 'wall', 'viewer');
  const tokens = await readAccessTokens(dataDir, undefined);
  server = createOptimizerServer(serverDepsOf({ database, people: owner, projectId: PROJECT, tokens }));
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function post(body: object, token = operator) {
  return await server.inject({
    ...{ method: 'POST', url: '/api/v1/labels', headers: { authorization: `Bearer ${token}` } },
    payload: body,
  });
}

async function get(url: string, token = operator) {
  const reply = await server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
  expect([url, reply.statusCode]).toEqual([url, 200]);
  return reply.json();
}

describe('labels', () => {
  it('are kept with who said so, and said again replace what was said', async () => {
    const first = await post({ callId: callIds[0], outcome: 'fail', note: 'wrong tool' });
    expect(first.json()).toMatchObject({
      ...{ subjectType: 'call', subjectId: callIds[0], metric: 'toolUse', labeller: 'ann' },
      ...{ sessionId: 's-1', outcome: 'fail', note: 'wrong tool' },
    });
    await post({ callId: callIds[0], outcome: 'pass' });
    const { items } = await get('/api/v1/labels');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ outcome: 'pass', note: null });
  });

  it('of two people on one subject stand beside each other, and page without loss', async () => {
    for (const callId of callIds) {
      await post({ callId, outcome: 'pass', note: 'said plainly' });
      await post({ callId, outcome: 'fail', labeller: 'bob' });
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await get(`/api/v1/labels?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(
        ...page.items.map((item: { subjectId: string; labeller: string }) => `${item.subjectId} ${item.labeller}`),
      );
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(10);
    expect(new Set(seen).size).toBe(10);
    expect((await get('/api/v1/labels?labeller=bob')).items).toHaveLength(5);
  });

  it('show their notes to operators alone, who alone may write them', async () => {
    const notes = async (token: string) =>
      (await get('/api/v1/labels?labeller=ann', token)).items.map((item: { note: string | null }) => item.note);
    expect(new Set(await notes(operator))).toEqual(new Set(['said plainly']));
    expect(new Set(await notes(viewer))).toEqual(new Set([null]));
    expect((await post({ callId: callIds[0], outcome: 'pass' }, viewer)).statusCode).toBe(403);
  });

  it.each([
    [{ outcome: 'pass' }, 400],
    [{ callId: '0199a0c4-0000-7000-8000-000000000001', sessionId: 's-1', outcome: 'pass' }, 400],
    [{ callId: '0199a0c4-0000-7000-8000-000000000001', outcome: 'pass' }, 404],
    [{ sessionId: 'nobody', outcome: 'pass' }, 404],
    [{ sessionId: 's\u0000', outcome: 'pass' }, 400],
    [{ sessionId: 's-1', outcome: 'maybe' }, 400],
    [{ sessionId: 's-1', outcome: 'pass', metric: 'fidelity' }, 400],
  ])('refuse %j', async (body, status) => {
    expect((await post(body)).statusCode).toBe(status);
  });

  it('go with their call when it is erased', async () => {
    const victim = callIds[4] ?? '';
    await owner.deleteFrom('call').where('callId', '=', victim).execute();
    const { items } = await get('/api/v1/labels?limit=100');
    expect(items.map((item: { subjectId: string }) => item.subjectId)).not.toContain(victim);
    expect(items).toHaveLength(8);
  });
});

describe('judges', () => {
  const score = (callId: string, passed: boolean, samplingProbability: number): Score => ({
    ...{ projectId: PROJECT, callId, subjectType: 'call', subjectId: callId, pass: 'call', sample: 0 },
    ...{ scorer: VERSION.rubric, scorerVersion: VERSION.rubricVersion, metric: 'toolUse', status: 'scored' },
    ...{ outcome: passed ? 'pass' : 'fail', value: passed ? 1 : 0, owner: null, severity: null, confidence: null },
    ...{ samplingProbability, evidence: [], explanation: null, judge: { model: VERSION.judge, promptHash: 'x' } },
    costUsd: 0,
  });

  it('have rates that are weighted by how calls were chosen, and corrected for how the judge errs', async () => {
    const verdicts = [
      [true, 1],
      [true, 1],
      [false, 0.5],
    ] as const;
    await insertScores(
      owner,
      verdicts.map(([passed, probability], index) => score(callIds[index] ?? '', passed, probability)),
    );
    const before = (await get('/api/v1/judges/rates')).rates[0];
    expect(before).toMatchObject({ ...VERSION, judged: 3, passed: 0.5, corrected: null });

    const labelled = Array.from({ length: 100 }, (_none, index) => {
      const label = index % 2 === 0 ? 1 : 0;
      const isWrong = label === 1 ? index % 10 === 0 : false;
      const verdict = isWrong ? 0 : label;
      return {
        ...VERSION,
        sessionId: `l-${index}`,
        score: verdict,
        verdict,
        label,
        tokens: 100,
        truncation: 0,
      } as const;
    });
    await writeCalibration(owner, PROJECT, VERSION, calibrateJudge(labelled), new Date());
    const after = (await get('/api/v1/judges/rates')).rates[0];
    expect(after.corrected).toBeCloseTo(0.5 / 0.8, 10);
    const { calibrations } = await get('/api/v1/judges');
    expect(calibrations[0]).toMatchObject({
      ...VERSION,
      method: 'platt',
      labels: 100,
      gatePassed: true,
      gateReason: null,
    });
  });
});
