import { copyFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCalls } from '#shared/database/list-calls.ts';
import { createLog } from '#shared/log.ts';
import { SCORE_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
});
afterAll(() => fixture.close());

const line = (text: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: `Answer to ${text}` },
      { role: 'user', content: 'More.' },
      { role: 'assistant', content: 'No.' },
    ],
  });

function writeLines(name: string, lines: readonly string[]): string {
  const path = join(fixture.folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const ingest = (...more: string[]) => fixture.run(['ingest', '--format', 'openai-chat', '--model', 'steady', ...more]);

async function waitingJobs(): Promise<number> {
  const backend = createQueueBackend({ log: createLog('test', 'silent') }, { databaseUrl: fixture.connectionString });
  try {
    return (await backend.openQueue(SCORE_QUEUE).counts()).prioritized;
  } finally {
    await backend.close();
  }
}

describe('trimtab ingest', () => {
  it('stores every turn once, enqueues its scoring, and names the lines it cannot read', async () => {
    const path = writeLines('runs.jsonl', [line('one'), 'not json', line('two')]);
    const first = await ingest(path);
    expect(first.code).toBe(0);
    expect(first.stdout).toBe(
      `${path}: 4 calls of 2 sessions stored, 0 known before, 1 skipped\n  ${path}:2: line is not JSON\n`,
    );
    // Each turn, and the outcome of each first turn.
    expect(await waitingJobs()).toBe(6);
    const [call] = await listCalls(fixture.database, 'default', { limit: 1 });
    expect(call).toMatchObject({ source: 'file', provider: 'local', responseModel: 'steady' });

    expect((await ingest(path, '--json')).json()).toMatchObject([
      { path, sessions: 2, stored: 0, duplicates: 4, skipped: 1 },
    ]);
    expect(await waitingJobs()).toBe(6);
  });

  it('knows a copied file again when it is told the same time', async () => {
    const path = writeLines('dated.jsonl', [line('three')]);
    const copy = join(fixture.folder, 'copy.jsonl');
    copyFileSync(path, copy);
    utimesSync(copy, new Date('2025-06-01'), new Date('2025-06-01'));
    const startedAt = ['--started-at', '2026-01-31T12:00:00Z'];
    expect((await ingest(path, ...startedAt, '--json')).json()).toMatchObject([{ stored: 2 }]);
    expect((await ingest(copy, ...startedAt, '--json')).json()).toMatchObject([{ stored: 0, duplicates: 2 }]);
  });

  it('tells on standard error how far it is and how long it takes', async () => {
    const path = writeLines(
      'long.jsonl',
      Array.from({ length: 120 }, (_, index) => line(`run ${index}`)),
    );
    let now = Date.now();
    const { stderr } = await fixture.run(['ingest', '--format', 'openai-chat', '--model', 'm', path], {
      now: () => {
        now += 3_000;
        return now;
      },
    });
    expect(stderr).toMatch(/long\.jsonl: \d+ %, 100 calls, 0 skipped, about \d+s left/);
  });

  it('stops at Ctrl-C between two batches, and the same command again does the rest', async () => {
    const path = writeLines(
      'stopped.jsonl',
      Array.from({ length: 120 }, (_, index) => line(`stopped ${index}`)),
    );
    const interrupt = new AbortController();
    let now = Date.now();
    const stopped = await fixture.run(['ingest', '--format', 'openai-chat', '--model', 'm', path], {
      signal: interrupt.signal,
      now: () => {
        now += 3_000;
        return now;
      },
      onOutput: () => interrupt.abort(),
    });
    expect(stopped.stdout).toBe('');
    expect(stopped.stderr).toContain('Stopped. What was read so far is stored');
    expect(
      (await fixture.run(['ingest', '--format', 'openai-chat', '--model', 'm', path, '--json'])).json(),
    ).toMatchObject([{ stored: 140, duplicates: 100 }]);
  });

  it.each([
    [['/nowhere/x.jsonl'], /cannot read \/nowhere\/x\.jsonl: ENOENT/],
    [['/tmp'], /\/tmp is not a file/],
    [['--started-at', 'yesterday', import.meta.filename], /--started-at takes a time such as/],
  ])('refuses %j before it takes anything', async (more, message) => {
    const before = await waitingJobs();
    const { code, stderr } = await ingest(writeLines('good.jsonl', [line('never')]), ...more);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(await waitingJobs()).toBe(before);
  });

  it('refuses a format that it cannot read, naming those it can', async () => {
    const { code, stderr } = await fixture.run(['ingest', '--format', 'otlp', '--model', 'm', 'x']);
    expect(code).toBe(1);
    expect(stderr).toContain('Allowed choices are openai-chat');
  });
});
