import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseExplanation } from '#shared/domain/score-explanation.ts';
import { TrimtabError } from '#shared/errors.ts';
import { scoreCall } from './score-call.ts';
import { SCORERS } from './scorers/registry.ts';
import {
  agentSession,
  type EvaluatorFixture,
  MERGED,
  openEvaluatorFixture,
  panelOf,
  readRows,
} from './testing/evaluator-fixture.ts';

const UNUSED_JUDGE = { llm: { provider: 'local', model: 'judge-1' } as never, dailyBudgetUsd: 1 };

let fixture: EvaluatorFixture;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  for (const table of ['score', 'scoringRun', 'judgeSkip'] as const) await fixture.owner.deleteFrom(table).execute();
});

async function storeSession(name: string, turns: Parameters<typeof agentSession>[1]) {
  const records = agentSession(name, turns);
  await fixture.calls.store(records);
  return records.map((record) => record.call.callId);
}

function bits(bitmap: Buffer): string[] {
  return SCORERS.filter((_scorer, bit) => (bitmap.readUInt8(bit >> 3) & (1 << (bit & 7))) !== 0).map(
    (scorer) => scorer.id,
  );
}

describe('scoreCall, pass call', () => {
  it('leaves bits for what passed and rows only for the metrics of a clean call', async () => {
    const [callId] = await storeSession('clean', [{ calls: [{}] }]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: callId!, pass: 'call' });
    const { runs, scores } = await readRows(fixture.owner);
    expect(runs).toHaveLength(1);
    const passed = bits(runs[0]!.passed);
    const notApplicable = bits(runs[0]!.notApplicable);
    for (const id of [
      'unknown_tool',
      'args_malformed_json',
      'type_mismatch',
      'stop_reason_inconsistent',
      'loss_dropped',
    ])
      expect(passed).toContain(id);
    expect(notApplicable).toContain('edit_target_absent');
    // Every scorer of the pass has said one of both.
    const ofPass = SCORERS.filter((scorer) => scorer.pass === 'call').map((scorer) => scorer.id);
    expect([...passed, ...notApplicable].sort()).toEqual(ofPass.sort());
    expect(scores.map((score) => [score.scorer, score.outcome, score.value])).toEqual([
      ['fidelity', 'pass', 1],
      ['toolUse', 'pass', 1],
    ]);
  });

  it('stores a failure with owner, severity, evidence and an explanation that clustering can read', async () => {
    const [callId] = await storeSession('merged', [{ calls: [{ input: MERGED }], raw: [MERGED] }]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: callId!, pass: 'call' });
    const { scores } = await readRows(fixture.owner);
    const failure = scores.find((score) => score.scorer === 'parallel_collapsed');
    expect(failure).toMatchObject({
      status: 'scored',
      outcome: 'fail',
      value: 0,
      owner: 'provider',
      severity: 'fatal',
      metric: 'toolUse',
      evidence: [{ pointer: '/response/content/0', quote: MERGED }],
    });
    expect(parseExplanation(failure!.explanation)).toEqual({
      expectedVsActual: 'arguments json -> concatenated objects',
      detail: 'the arguments of several tool calls stand in one call: concatenated objects',
    });
    expect(scores.filter((score) => score.outcome === 'fail' && score.severity !== null)).toEqual([failure]);
    expect(scores.find((score) => score.scorer === 'toolUse')).toMatchObject({ outcome: 'fail', value: 0 });
    expect(scores.find((score) => score.scorer === 'missing_required')).toMatchObject({
      status: 'abstained',
      outcome: 'unknown',
      value: null,
    });
  });

  it("does not lower tool use for the gateway's fault, and lowers fidelity", async () => {
    const args = ['{"file_path":"a"}', '{"file_path":"b"}'];
    const [callId] = await storeSession('lost call', [{ calls: [{ input: { file_path: 'a' } }], raw: args }]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: callId!, pass: 'call' });
    const { scores } = await readRows(fixture.owner);
    expect(scores.find((score) => score.scorer === 'parallel_collapsed')).toMatchObject({ owner: 'gateway' });
    expect(scores.find((score) => score.scorer === 'toolUse')).toMatchObject({ value: 1 });
    expect(scores.find((score) => score.scorer === 'fidelity')).toMatchObject({ outcome: 'fail', value: 0 });
  });

  it('leaves the same rows after any number of deliveries, at once or one after another', async () => {
    const [callId] = await storeSession('twice', [{ calls: [{ input: MERGED }], raw: [MERGED] }]);
    const job = { projectId: 'default', callId: callId!, pass: 'call' } as const;
    await scoreCall(fixture.deps, job);
    const once = await readRows(fixture.owner);
    await Promise.all([scoreCall(fixture.deps, job), scoreCall(fixture.deps, job), scoreCall(fixture.deps, job)]);
    expect(await readRows(fixture.owner)).toEqual(once);
    expect(once.scores.length).toBeGreaterThan(3);
  });

  it('never scores a replay as traffic', async () => {
    const [callId] = await storeSession('a replay', [{ calls: [{ input: MERGED }], call: { source: 'replay' } }]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: callId!, pass: 'call' });
    expect(await readRows(fixture.owner)).toEqual({ runs: [], scores: [], skips: [] });
  });

  it('fails for good on a call that is not stored', async () => {
    const callId = '019b0000-0000-7000-8000-000000000000';
    const scoring = scoreCall(fixture.deps, { projectId: 'default', callId, pass: 'call' });
    await expect(scoring).rejects.toMatchObject({ code: 'not_found', retryable: false });
    await expect(scoring).rejects.toBeInstanceOf(TrimtabError);
  });
});

describe('scoreCall, pass outcome', () => {
  it('learns from the next request that a call was refused for its arguments', async () => {
    const [callId] = await storeSession('refused', [
      { calls: [{ input: { file_path: 7 } }], results: ['!InputValidationError: file_path must be a string'] },
      { text: 'Let me correct that.' },
    ]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: callId!, pass: 'outcome' });
    const { scores } = await readRows(fixture.owner);
    expect(scores.find((score) => score.scorer === 'tool_result_error')).toMatchObject({
      pass: 'outcome',
      outcome: 'fail',
      owner: 'provider',
      severity: 'error',
    });
    expect(scores.find((score) => score.scorer === 'toolUse')).toMatchObject({ pass: 'outcome', value: 0 });
  });

  it('sets an error of the environment aside', async () => {
    const [callId] = await storeSession('down', [
      { calls: [{}], results: ['!connect ECONNREFUSED 127.0.0.1:5432'] },
      { text: 'The database is down.' },
    ]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: callId!, pass: 'outcome' });
    const { scores } = await readRows(fixture.owner);
    expect(scores.find((score) => score.scorer === 'tool_result_error')).toMatchObject({ owner: 'tool' });
    expect(scores.find((score) => score.scorer === 'toolUse')).toMatchObject({ status: 'abstained', value: null });
  });

  it('passes a call whose result is good, and says unknown where nothing followed', async () => {
    const [first, last] = await storeSession('good', [
      { calls: [{}], results: ['const a = 1;'] },
      { calls: [{ input: { file_path: 'b' } }] },
    ]);
    await scoreCall(fixture.deps, { projectId: 'default', callId: first!, pass: 'outcome' });
    await scoreCall(fixture.deps, { projectId: 'default', callId: last!, pass: 'outcome' });
    const { runs, scores } = await readRows(fixture.owner);
    expect(bits(runs.find((run) => run.callId === first)!.passed)).toEqual(['tool_result_error', 'redundant_read']);
    expect(scores.filter((score) => score.callId === last).map((score) => [score.scorer, score.outcome])).toEqual([
      ['toolUse', 'unknown'],
      ['tool_result_error', 'unknown'],
    ]);
  });
});

describe('scoreCall, pass outcome, when the awaited request comes late', () => {
  const job = (callId: string) => ({ projectId: 'default', callId, pass: 'outcome' }) as const;
  const outcomesOf = async () => {
    const { runs, scores } = await readRows(fixture.owner);
    return { passed: runs.map((run) => bits(run.passed)), scores: scores.map((row) => [row.scorer, row.outcome]) };
  };

  it('replaces what could not be known by what the request shows', async () => {
    const records = agentSession('slow tool', [{ calls: [{}], results: ['const a = 1;'] }, { text: 'Read it.' }]);
    const callId = records[0]!.call.callId;
    await fixture.calls.store([records[0]!]);
    await scoreCall(fixture.deps, job(callId));
    expect((await outcomesOf()).scores).toContainEqual(['tool_result_error', 'unknown']);
    await fixture.calls.store([records[1]!]);
    await scoreCall(fixture.deps, job(callId));
    const replaced = { passed: [['tool_result_error', 'redundant_read']], scores: [['toolUse', 'pass']] };
    expect(await outcomesOf()).toEqual(replaced);
    await Promise.all([scoreCall(fixture.deps, job(callId)), scoreCall(fixture.deps, job(callId))]);
    expect(await outcomesOf()).toEqual(replaced);
  });

  it('keeps a final outcome against a delivery that did not see the request yet', async () => {
    const [callId] = await storeSession('overtaken', [{ calls: [{}], results: ['const a = 1;'] }, { text: 'Done.' }]);
    await scoreCall(fixture.deps, job(callId!));
    const final = await outcomesOf();
    await fixture.owner.updateTable('call').set({ parentCallId: null }).where('parentCallId', '=', callId!).execute();
    await scoreCall(fixture.deps, job(callId!));
    expect(await outcomesOf()).toEqual(final);
  });
});

describe('scoreCall with a judge', () => {
  it('asks for a judgement of a clean call with tool use', async () => {
    const panel = panelOf([UNUSED_JUDGE]);
    const [callId] = await storeSession('judged', [{ calls: [{}] }]);
    await scoreCall({ ...fixture.deps, panel }, { projectId: 'default', callId: callId!, pass: 'call' });
    expect(panel.jobs).toMatchObject([{ subjectType: 'call', subjectId: callId, rubric: 'tool_use', sample: 0 }]);
    expect((await readRows(fixture.owner)).skips).toEqual([]);
  });

  it('leaves the reason and the sampling probability for every call that it does not send', async () => {
    const panel = panelOf([UNUSED_JUDGE], 0);
    const deps = { ...fixture.deps, panel };
    const [text] = await storeSession('text only', [{ text: 'Hello.' }]);
    const [merged] = await storeSession('failed already', [{ calls: [{ input: MERGED }], raw: [MERGED] }]);
    const [unsampled] = await storeSession('out of the sample', [{ calls: [{}] }]);
    for (const callId of [text, merged, unsampled]) {
      await scoreCall(deps, { projectId: 'default', callId: callId!, pass: 'call' });
    }
    expect(panel.jobs).toEqual([]);
    const { skips } = await readRows(fixture.owner);
    const reasonOf = (callId: string | undefined) => skips.find((skip) => skip.callId === callId)?.reason;
    expect([text, merged, unsampled].map(reasonOf)).toEqual(['no_tool_calls', 'deterministic_failure', 'not_sampled']);
  });
});
