import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreCall } from '../score-call.ts';
import { agentSession, type EvaluatorFixture, openEvaluatorFixture } from '../testing/evaluator-fixture.ts';
import type { CustomAnswer, CustomScorer } from './custom-scorer.ts';

let fixture: EvaluatorFixture;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());

function scorerOf(name: string, answer: CustomAnswer, pass: CustomScorer['pass'] = 'call'): CustomScorer {
  const facts = { metric: 'code', owner: 'provider', severity: 'error', definition: 'It holds.' } as const;
  return { id: `test/${name}`, version: '1', pass, ...facts, score: async () => answer, close: async () => undefined };
}

const said = (outcome: 'pass' | 'fail' | 'not_applicable'): CustomAnswer => ({
  type: 'answered',
  result: { outcome, evidence: [], detail: 'because' },
});

async function rowsOf(callId: string) {
  const rows = await fixture.owner.selectFrom('score').selectAll().where('callId', '=', callId).execute();
  return rows
    .filter((row) => row.scorer.includes('/'))
    .map(({ scorer, outcome, status, severity, explanation }) => ({ scorer, outcome, status, severity, explanation }))
    .sort((left, right) => left.scorer.localeCompare(right.scorer));
}

async function runsOf(callId: string) {
  const runs = await fixture.owner
    .selectFrom('scoringRun')
    .selectAll()
    .where('callId', '=', callId)
    .where('scorerSet', 'like', 'custom:%')
    .orderBy('scorerSet')
    .execute();
  return runs.map((run) => [run.scorerSet, run.passed[0], run.notApplicable[0]]);
}

describe('runCustomScorers', () => {
  it('keeps failures and silence as rows, and passes as bits of runs of their own', async () => {
    const [record] = agentSession('custom', [{ calls: [{}] }]);
    await fixture.calls.store([record!]);
    const { callId } = record!.call;
    const customScorers = [
      scorerOf('fails', said('fail')),
      scorerOf('hangs', { type: 'failed', reason: 'timeout', problem: 'no verdict within 5 ms' }),
      scorerOf('idle', said('not_applicable')),
      scorerOf('later', said('fail'), 'outcome'),
      scorerOf('passes', said('pass')),
    ];
    const deps = { ...fixture.deps, customScorers };
    await scoreCall(deps, { projectId: 'default', callId, pass: 'call' });
    await scoreCall(deps, { projectId: 'default', callId, pass: 'call' });
    expect(await rowsOf(callId)).toEqual([
      {
        scorer: 'test/fails',
        outcome: 'fail',
        status: 'scored',
        severity: 'error',
        explanation: 'test/fails -> failed | because',
      },
      {
        scorer: 'test/hangs',
        outcome: 'unknown',
        status: 'abstained',
        severity: null,
        explanation: 'verdict -> timeout | no verdict within 5 ms',
      },
    ]);
    expect(await runsOf(callId)).toEqual([
      ['custom:test/fails@1', 0, 0],
      ['custom:test/hangs@1', 0, 0],
      ['custom:test/idle@1', 0, 1],
      ['custom:test/passes@1', 1, 0],
    ]);
  });

  it('replaces what was said before the next request came, and leaves the rows of others alone', async () => {
    const records = agentSession('custom outcome', [
      { calls: [{ input: { file_path: 7 } }], results: ['!InputValidationError: file_path must be a string'] },
      { text: 'I see.' },
    ]);
    const { callId } = records[0]!.call;
    const job = { projectId: 'default', callId, pass: 'outcome' } as const;
    await fixture.calls.store([records[0]!]);
    const early = [scorerOf('verdict', said('fail'), 'outcome'), scorerOf('other', said('fail'), 'outcome')];
    await scoreCall({ ...fixture.deps, customScorers: early }, job);
    await fixture.calls.store([records[1]!]);
    const late = [scorerOf('verdict', said('pass'), 'outcome')];
    await scoreCall({ ...fixture.deps, customScorers: late }, job);
    expect((await rowsOf(callId)).map((row) => row.scorer)).toEqual(['test/other']);
    const own = await fixture.owner
      .selectFrom('score')
      .select('scorer')
      .where('callId', '=', callId)
      .where('outcome', '=', 'fail')
      .where('scorer', '=', 'tool_result_error')
      .execute();
    expect(own).toHaveLength(1);
  });
});
