import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertScores } from '#shared/database/score-store.ts';
import { insertCall } from '#shared/testing/optimizer-fixture.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
const callIds: string[] = [];
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.database
    .insertInto('project')
    .values({ projectId: 'default', blockKey: randomBytes(32) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  for (const index of [1, 2, 3]) {
    const call = {
      project: 'default',
      index,
      sessionId: `s-${index}`,
      startedAt: new Date(Date.now() - 60_000 + index),
    };
    callIds.push(await insertCall(fixture.database, call));
  }
});
afterAll(() => fixture.close());

describe('trimtab labels', () => {
  it('adds a label, shows it, and tells how far people agree', async () => {
    const added = await fixture.run([
      'labels',
      'add',
      'fail',
      '--call',
      callIds[0] ?? '',
      '--labeller',
      'ann',
      '--note',
      'no',
    ]);
    expect(added.stdout).toContain(`ann says fail of call ${callIds[0]}`);
    const other = await fixture.run([
      'labels',
      'add',
      'pass',
      '--call',
      callIds[0] ?? '',
      '--labeller',
      'bob',
      '--json',
    ]);
    expect(other.json()).toMatchObject({ labeller: 'bob', passed: true, metric: 'toolUse' });
    const listed = await fixture.run(['labels', 'list']);
    expect(listed.stdout).toMatch(/ann +call .* fail +no/);
    expect(listed.stdout).toContain('1 pairs of labels by two people; kappa between them: 0.00');
    const json = await fixture.run(['labels', 'list', '--labeller', 'ann', '--json']);
    expect(json.json()).toMatchObject({ labels: [{ labeller: 'ann' }], doubleLabels: { n: 1, kappa: 0 } });
  });

  it.each([
    [['labels', 'add', 'perhaps', '--session', 's-1'], /outcome/],
    [['labels', 'add', 'pass'], /either a callId or a sessionId/],
    [['labels', 'add', 'pass', '--session', 'nobody'], /there is no session nobody/],
    [['labels', 'import', '/nowhere/labels.jsonl'], /there is no file/],
  ])('refuses %j and says why', async (argv, reason) => {
    const result = await fixture.run(argv);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(reason);
  });

  it('imports the good lines of a file, names the bad ones and fails for them', async () => {
    const file = join(fixture.folder, 'labels.jsonl');
    const lines = [
      JSON.stringify({ callId: callIds[1], outcome: 'pass', labeller: 'cleo' }),
      '',
      'not json',
      JSON.stringify({ callId: callIds[2], outcome: 'fail' }),
      JSON.stringify({ sessionId: 'nobody', outcome: 'fail' }),
    ];
    writeFileSync(file, lines.join('\n'));
    const result = await fixture.run(['labels', 'import', file, '--labeller', 'dora']);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('2 labels imported, 2 lines refused.');
    expect(result.stderr).toMatch(/line 3: is not JSON[\s\S]*line 5: there is no session nobody/);
    const listed = await fixture.run(['labels', 'list', '--labeller', 'dora', '--json']);
    expect(listed.json()).toMatchObject({ labels: [{ subjectId: callIds[2], passed: false }] });
  });
});

describe('trimtab calibration', () => {
  it('says what is missing, then how each judge with labels stands', async () => {
    expect((await fixture.run(['calibration', 'show'])).stdout).toContain('trimtab labels add');
    const callId = callIds[1] ?? '';
    await insertScores(fixture.database, [
      {
        ...{ projectId: 'default', callId, subjectType: 'call', subjectId: callId, pass: 'call', sample: 0 },
        ...{ scorer: 'tool_use', scorerVersion: '1', metric: 'toolUse', status: 'scored', outcome: 'pass', value: 1 },
        ...{ owner: null, severity: null, confidence: null, samplingProbability: 1, evidence: [], explanation: null },
        ...{ judge: { model: 'judge-1', promptHash: 'x' }, costUsd: 0 },
      },
    ]);
    const fitted = await fixture.run(['calibration', 'fit']);
    expect(fitted.code).toBe(0);
    expect(fitted.stdout).toMatch(/judge-1 +tool_use .*1 labels of at least 50/);
    expect(fitted.stdout).toContain('Triage keeps its weights');
    const shown = await fixture.run(['calibration', 'show', '--json']);
    expect(shown.json()).toMatchObject({
      calibrations: [{ judge: 'judge-1', labels: 1, gatePassed: false }],
      drifts: [],
    });
  });
});
