import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import type { CustomScorer } from './custom-scorer.ts';
import type { CustomSubject } from './custom-subject.ts';
import { openCustomScorers } from './open-custom-scorers.ts';
import { openScorerFile } from './scorer-file.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/scorers.d/no-edited-migration.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trimtab-scorers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const deps = { log: pino({ level: 'silent' }), now: Date.now };
const LIMITS = { timeoutMs: 10_000, memoryMb: 64 };
const opened: CustomScorer[] = [];
afterEach(async () => void (await Promise.all(opened.splice(0).map((scorer) => scorer.close()))));

async function open(path: string, limits = LIMITS, now = Date.now): Promise<CustomScorer> {
  const scorer = await openScorerFile({ ...deps, now }, path, limits);
  opened.push(scorer);
  return scorer;
}

/** A scorer file whose verdict is this code's, which sees `subject`. */
function fileOf(name: string, code: string, before = ''): string {
  const path = join(folder, `${name}.mjs`);
  const facts = `id: 'test/${name}', version: 2, metric: 'toolUse', definition: 'It holds.'`;
  writeFileSync(path, `${before}\nexport default { ${facts}, async score(subject) { ${code} } };\n`);
  return path;
}

function subjectOf(response: unknown, messages: readonly unknown[] = []): CustomSubject {
  return {
    v: 1,
    pass: 'call',
    call: {},
    request: { messages },
    response,
    upstreamRaw: null,
  } as unknown as CustomSubject;
}

const use = (name: string, path: string) => ({ type: 'tool_use', id: '1', name, input: { file_path: path } });
const READ = { role: 'assistant', content: [use('Read', 'db/migrations/0001.sql')] };

describe('the example', () => {
  it('fails an edit of a migration that was read, and passes a new one', async () => {
    const scorer = await open(EXAMPLE);
    expect(scorer).toMatchObject({
      id: 'acme/no-edited-migration',
      pass: 'call',
      owner: 'provider',
      severity: 'error',
    });
    const edit = { content: [use('Edit', 'db/migrations/0001.sql')] };
    expect(await scorer.score(subjectOf(edit, [READ]))).toMatchObject({
      type: 'answered',
      result: { outcome: 'fail', evidence: [{ pointer: '/response/content/0', quote: 'db/migrations/0001.sql' }] },
    });
    expect(await scorer.score(subjectOf(edit))).toMatchObject({ result: { outcome: 'pass' } });
  });

  it('knows what does not apply from what it cannot know', async () => {
    const scorer = await open(EXAMPLE);
    expect(await scorer.score(subjectOf({ content: [] }))).toMatchObject({ result: { outcome: 'not_applicable' } });
    expect(await scorer.score(subjectOf(null))).toMatchObject({ result: { outcome: 'unknown' } });
  });
});

describe('a scorer file', () => {
  it('that hangs is ended in its time, and asked again in a new thread', async () => {
    const path = fileOf('hangs', "if (subject.response.hang) for (;;); return { outcome: 'pass' };");
    const scorer = await open(path, { ...LIMITS, timeoutMs: 300 });
    expect(await scorer.score(subjectOf({ hang: true }))).toMatchObject({ type: 'failed', reason: 'timeout' });
    expect(await scorer.score(subjectOf({ hang: false }))).toMatchObject({ result: { outcome: 'pass' } });
  });

  it('that throws or answers what is no verdict says so, and goes on', async () => {
    const path = fileOf(
      'throws',
      "if (subject.response.bad) return { outcome: 'perfect' }; throw new Error('no idea');",
    );
    const scorer = await open(path);
    expect(await scorer.score(subjectOf({}))).toEqual({ type: 'failed', reason: 'threw', problem: 'Error: no idea' });
    expect(await scorer.score(subjectOf({ bad: true }))).toMatchObject({ reason: 'invalid_answer' });
    for (let times = 0; times < 5; times += 1)
      expect(await scorer.score(subjectOf({}))).toMatchObject({ reason: 'threw' });
  });

  it('that eats memory or ends its process harms nothing but its own thread', async () => {
    const path = fileOf(
      'greedy',
      "const kept = []; if (subject.response.exit) process.exit(3); if (subject.response.eat) for (;;) kept.push(new Array(1e5).fill(kept.length)); return { outcome: 'pass' };",
    );
    const scorer = await open(path, { timeoutMs: 20_000, memoryMb: 16 });
    expect(await scorer.score(subjectOf({ eat: true }))).toMatchObject({ reason: 'crashed' });
    expect(await scorer.score(subjectOf({ exit: true }))).toMatchObject({ reason: 'crashed' });
    expect(await scorer.score(subjectOf({}))).toMatchObject({ result: { outcome: 'pass' } });
  });

  it('that costs its time thrice in a row is left alone for a while', async () => {
    let now = 1_000;
    const path = fileOf('sleeps', 'if (subject.response.hang) for (;;); return { outcome: "pass" };');
    const scorer = await open(path, { ...LIMITS, timeoutMs: 200 }, () => now);
    for (let times = 0; times < 3; times += 1) await scorer.score(subjectOf({ hang: true }));
    expect(await scorer.score(subjectOf({}))).toMatchObject({ reason: 'paused' });
    now += 30_000;
    expect(await scorer.score(subjectOf({}))).toMatchObject({ result: { outcome: 'pass' } });
  });

  it('sees no environment variables', async () => {
    const scorer = await open(fileOf('env', 'return { outcome: "pass", detail: JSON.stringify(process.env) };'));
    expect(await scorer.score(subjectOf({}))).toMatchObject({ result: { detail: '{}' } });
  });
});

describe('openCustomScorers', () => {
  it('opens the files of a folder by name, and leaves out what is broken or has an id that is taken', async () => {
    const scorers = mkdtempSync(join(folder, 'scorers.d-'));
    copyFileSync(EXAMPLE, join(scorers, 'a.mjs'));
    copyFileSync(EXAMPLE, join(scorers, 'b.mjs'));
    writeFileSync(join(scorers, 'broken.js'), 'export default {');
    writeFileSync(join(scorers, 'no-function.mjs'), "export default { id: 'test/none' };");
    writeFileSync(join(scorers, 'notes.md'), 'not a scorer');
    const config = configSchema.parse({ scorers: [{ id: 'test/http', url: 'https://scorer.example' }] });
    const found = await openCustomScorers(deps, config, scorers);
    opened.push(...found);
    expect(found.map((scorer) => scorer.id)).toEqual(['acme/no-edited-migration', 'test/http']);
  });

  it('finds nothing in a folder that does not exist', async () => {
    expect(await openCustomScorers(deps, configSchema.parse({}), join(folder, 'nowhere'))).toEqual([]);
  });

  it('refuses an id without a namespace, which could be that of a scorer of ours', () => {
    const scorers = [{ id: 'unknown_tool', url: 'https://scorer.example' }];
    expect(() => configSchema.parse({ scorers })).toThrow(/namespace/);
  });
});
