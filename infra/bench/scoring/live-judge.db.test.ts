import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Llm } from '#shared/llm/llm.ts';
import { type FakeJudge, startFakeJudge } from '#shared/testing/fake-judge.ts';
import { measureLiveJudges } from './live-judge.ts';
import { measureConfiguredJudges } from './measure-configured-judges.ts';

const TASKS = 6;
let folder: string;
let judge: FakeJudge;

/** Runs whose write fails in the odd tasks: the tool says so, and the scripted judge goes by that. */
function writeRuns(): void {
  const runs = Array.from({ length: TASKS }, (_, task) => ({
    task_id: String(task),
    trial: 0,
    messages: [
      { role: 'user', content: `Cancel order ${task}.` },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', name: 'cancel_order', arguments: { id: task } }] },
      { role: 'tool', id: 'c1', requestor: 'assistant', content: task % 2 === 0 ? 'ok' : 'Error: TASK FAILED' },
      { role: 'assistant', content: 'It is done.' },
    ],
  }));
  const labels = Array.from({ length: TASKS }, (_, task) => {
    // Of the odd tasks another order was to be cancelled.
    const wanted = { id: task % 2 === 0 ? task : task + 100 };
    const action = { name: 'cancel_order', arguments: wanted, requestor: 'assistant' };
    return { task_id: String(task), trial: 0, reward: task % 2 === 0 ? 1 : 0, action_checks: [{ action }] };
  });
  mkdirSync(join(folder, 'tau2-bench'));
  const lines = (rows: readonly unknown[]) => gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(join(folder, 'tau2-bench', 'x_retail.jsonl.gz'), lines(runs));
  writeFileSync(join(folder, 'tau2-bench', 'x_retail.labels.jsonl.gz'), lines(labels));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-live-'));
  judge = await startFakeJudge();
  writeRuns();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await judge.close();
});

describe('measureConfiguredJudges', () => {
  it('measures the judge of the configuration, and says which data is not there', async () => {
    const config = join(folder, 'trimtab.yaml');
    writeFileSync(
      config,
      `providers:\n  local: { format: openai-chat, baseUrl: "${judge.baseUrl}", network: private }\njudges: [{ provider: local, model: judge-1 }]\n`,
    );
    const { figures, notMeasured } = await measureConfiguredJudges(folder, config, { quick: true, environment: {} });
    const values = Object.fromEntries(figures.map(({ id, value }) => [id, value]));
    // It fails what a tool says has failed, and those runs are the ones that failed.
    expect(values).toMatchObject({ G6: 1, G6_kappa: 1, G6_precision: 1, G20: 0 });
    // Before its result is there nothing tells a wrong write from a right one.
    expect(values).toMatchObject({ G7: 0.5 });
    expect(figures.find(({ id }) => id === 'G6')).toMatchObject({ n: TASKS, pass: true, interval: [1, 1] });
    expect(figures.find(({ id }) => id === 'G7')).toMatchObject({ n: TASKS, pass: false });
    expect(notMeasured.map(({ goal }) => goal)).toEqual(['G11', 'G14']);
    expect(judge.requests.length).toBeGreaterThan(2 * TASKS);
  });

  it('says so when the configuration has no judge', async () => {
    const config = join(folder, 'without.yaml');
    writeFileSync(config, 'project: default\n');
    const result = await measureConfiguredJudges(folder, config, { quick: true, environment: {} });
    expect(result).toMatchObject({ figures: [], notMeasured: [{ goal: 'judges' }] });
  });
});

describe('measureLiveJudges', () => {
  /** Prefers the longer answer, and always blames the second step. */
  const scripted: Llm = {
    ...{ provider: 'local', model: 'scripted-1', estimateCostUsd: () => 0 },
    async completeStructured({ user, schemaName }) {
      const [, first = '', second = ''] =
        /First answer:\n([\s\S]*)\n\| Second answer:\n([\s\S]*?)\n\nEND/.exec(user) ?? [];
      const value =
        schemaName === 'compare_answers'
          ? { reasoning: '', better: first.length > second.length ? 'first' : 'second' }
          : { reasoning: '', agent: 'Coder', step: 1 };
      const usage = { inputTokens: 1, cacheReadInputTokens: 0, outputTokens: 1 };
      return { ok: true, value, text: '', usage, costUsd: 0, model: 'scripted-1' };
    },
  };

  it('measures agreement with people and the place of failures where that data is there', async () => {
    const own = mkdtempSync(join(tmpdir(), 'trimtab-live-'));
    try {
      mkdirSync(join(own, 'pandalm'));
      const pairs = Array.from({ length: 8 }, (_, idx) => {
        const longer = idx % 2 === 0 ? 1 : 2;
        const vote = idx === 7 ? 3 - longer : longer;
        const responses = longer === 1 ? ['a long answer, so long', 'short'] : ['short', 'a long answer, so long'];
        const votes = { annotator1: vote, annotator2: vote, annotator3: 0 };
        return { idx, instruction: 'Say it.', input: '', response1: responses[0], response2: responses[1], ...votes };
      });
      writeFileSync(join(own, 'pandalm', 'testset-v1.json'), JSON.stringify(pairs));
      mkdirSync(join(own, 'who-and-when'));
      const history = ['Planner', 'Coder', 'Tester'].map((name) => ({ name, content: `I am ${name}.` }));
      for (const [index, step] of [1, 2, 0].entries()) {
        const failure = { question: 'Why?', history, mistake_agent: history[step]?.name, mistake_step: String(step) };
        writeFileSync(join(own, 'who-and-when', `${index}.json`), JSON.stringify(failure));
      }
      const { figures, notMeasured } = await measureLiveJudges(own, { quick: true, judges: [scripted] });
      const values = Object.fromEntries(figures.map(({ id, value }) => [id, value]));
      expect(values['G11']).toBeCloseTo(0.75, 9);
      expect(values).toMatchObject({ G14: 1 / 3, G14_step: 1 / 3, G14_near: 1 });
      expect(notMeasured.map(({ goal }) => goal)).toEqual(['G6', 'G7', 'G20']);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
