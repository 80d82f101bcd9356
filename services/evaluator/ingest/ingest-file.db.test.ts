import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallStore } from '#shared/database/call-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { type IngestProgress, ingestFile } from './ingest-file.ts';

let testDatabase: TestDatabase;
let database: Database;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-ingest-'));
  testDatabase = await createTestDatabase();
  const owner = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
  const project = { projectId: 'default', blockKey: Buffer.alloc(32, 1) };
  await owner
    .insertInto('project')
    .values(project)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await owner.destroy();
  database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'evaluator' }));
});
afterAll(async () => {
  await database.destroy();
  await testDatabase.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function ingest(name: string, content: string | Buffer) {
  const path = join(folder, name);
  writeFileSync(path, content);
  const jobs: string[] = [];
  const progress: IngestProgress[] = [];
  const queue = { addBulk: async (added: readonly { id: string }[]) => void jobs.push(...added.map(({ id }) => id)) };
  const report = await ingestFile(
    { callStore: createCallStore(database), queue, onProgress: (event) => progress.push(event) },
    { path, format: 'openai-chat', model: 'gpt-4o', projectId: 'default', startedAt: Date.UTC(2026, 0, 1) },
  );
  return { report, jobs, progress };
}

const run = (text: string) =>
  JSON.stringify({
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: `Answer to ${text}` },
      { role: 'user', content: 'More.' },
      { role: 'assistant', content: 'No.' },
    ],
  });

describe('ingesting a file', () => {
  it('takes every run once, however often and wherever it is read', async () => {
    const first = await ingest('a.jsonl', `${run('one')}\n${run('two')}\n`);
    expect(first.report).toMatchObject({ lines: 2, runs: 2, calls: 4, newCalls: 4, skipped: 0 });
    // Both turns of both runs, and the outcome of each first turn.
    expect(first.jobs).toHaveLength(6);
    expect(first.progress.at(-1)).toMatchObject({ newCalls: 4 });
    const again = await ingest('b.jsonl.gz', gzipSync(`${run('two')}\n${run('three')}\n${run('one')}`));
    expect(again.report).toMatchObject({ runs: 3, calls: 6, newCalls: 2 });
  });

  it('takes two equal lines of one file for two runs', async () => {
    expect((await ingest('c.jsonl', `${run('same')}\n${run('same')}\n`)).report.newCalls).toBe(4);
    expect((await ingest('c.jsonl', `${run('same')}\n${run('same')}\n`)).report.newCalls).toBe(0);
  });

  it('names the lines that it cannot read, and takes the others', async () => {
    const { report } = await ingest('d.jsonl', `{"messages":\n${run('four')}\n\n{"messages":[{"role":"robot"}]}\n[]\n`);
    expect(report).toMatchObject({ runs: 1, newCalls: 2, skipped: 3 });
    expect(report.skippedLines.map(({ line }) => line)).toEqual([1, 4, 5]);
    expect(report.skippedLines[0]?.reason).toBe('line is not JSON');
  });

  it('fails when the file cannot be read', async () => {
    const options = {
      path: join(folder, 'missing.jsonl.gz'),
      format: 'openai-chat',
      model: 'm',
      projectId: 'default',
      startedAt: 0,
    } as const;
    const deps = { callStore: createCallStore(database), queue: { addBulk: async () => {} } };
    await expect(ingestFile(deps, options)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
