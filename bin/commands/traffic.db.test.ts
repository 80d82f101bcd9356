import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createCallStore } from '#shared/database/call-store.ts';
import { listClusters } from '#shared/database/clusters/list-clusters.ts';
import { openCluster } from '#shared/database/clusters/open-cluster.ts';
import { insertCall, insertFailure, SHAPE } from '#shared/testing/optimizer-fixture.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

const RED = '\u001b[31mred';
let fixture: CommandFixture;
let callId: string;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
  const startedAt = new Date();
  callId = await insertCall(fixture.database, { project: 'default', index: 1, startedAt, sessionId: 'session-1' });
  await insertFailure(fixture.database, {
    ...{ project: 'default', callId, scorer: 'unknown_tool', owner: 'provider', explanation: `no tool ${RED}` },
  });
  await makeCluster(startedAt);
});
afterAll(() => fixture.close());

async function makeCluster(happenedAt: Date): Promise<void> {
  const templateId = 'a0000000-0000-4000-8000-000000000001';
  await sql`
    INSERT INTO failure_template (template_id, project_id, signature, signature_algorithm, stage, check_id, turn_shape,
      expected_vs_actual, template, event_count, first_seen, last_seen)
    VALUES (${templateId}, 'default', 'sig', 1, 'tool_use', 'unknown_tool', ${SHAPE}, 'a known tool -> another',
      ${`tool <*> ${RED}`}, 1, ${happenedAt}, ${happenedAt})`.execute(fixture.database);
  await sql`
    INSERT INTO failure_event (project_id, call_id, scorer, pass, template_id, session_id, provider, model, turn_shape, happened_at)
    SELECT 'default', ${callId}, 'unknown_tool', pass, ${templateId}, session_id, 'openai', 'steady', ${SHAPE},
      ${happenedAt}::timestamptz
    FROM (VALUES ('call', 'session-1'), ('outcome', 'session-2')) AS each (pass, session_id)`.execute(fixture.database);
  await openCluster(
    fixture.database,
    'default',
    {
      ...{ slug: 'unknown-tool', name: `Unknown ${RED}`, stage: 'tool_use', check: 'unknown_tool' },
      ...{ prefixFixable: true, firstSeen: happenedAt, lastSeen: happenedAt },
    },
    [{ templateId, source: 'signature', score: 1, tentative: false }],
  );
}

const idsSchema = z.array(z.looseObject({ callId: z.string() }));

describe('trimtab calls', () => {
  it('tails the newest calls, oldest of them first', async () => {
    const record = sampleCallRecord({ call: { startedAt: Date.now() + 1_000 } });
    await createCallStore(fixture.database).store([record]);
    const lines = (await fixture.run(['calls', 'tail', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(idsSchema.parse(lines).map((call) => call.callId)).toEqual([callId, record.call.callId]);
    const others = await fixture.run(['calls', 'tail', '--session', 'session-1']);
    expect(others.stdout).not.toContain(record.call.callId);
    expect((await fixture.run(['calls', 'tail', '--session', 'no-such'])).stdout).toBe(
      'No calls of session no-such.\n',
    );
    expect((await fixture.run(['calls', 'tail', '--session', 'no-such', '--json'])).stdout).toBe('');
  });

  it('follows until Ctrl-C, and shows a call that is stored late although others began after it', async () => {
    const interrupt = new AbortController();
    const late = sampleCallRecord({ call: { startedAt: Date.now() - 60_000 } });
    let polls = 0;
    let stored: Promise<unknown> | undefined;
    let output = '';
    const done = fixture.run(['calls', 'tail', '--follow', '--json'], {
      signal: interrupt.signal,
      onOutput: (text) => {
        output += text;
        polls += 1;
        if (polls === 1) stored = createCallStore(fixture.database).store([late]);
        if (output.includes(late.call.callId)) interrupt.abort();
      },
    });
    const { code, stdout } = await done;
    await stored;
    expect(code).toBe(0);
    expect(stdout.split(`"callId":"${late.call.callId}"`)).toHaveLength(2);
    expect(stdout.split(`"callId":"${callId}"`)).toHaveLength(2);
  });

  it('heads its table once, however often new calls follow', async () => {
    const interrupt = new AbortController();
    const late = [0, 1].map((index) => sampleCallRecord({ call: { startedAt: Date.now() - 50_000 + index } }));
    const store = createCallStore(fixture.database);
    const storing: Promise<unknown>[] = [];
    let output = '';
    const { stdout } = await fixture.run(['calls', 'tail', '--follow'], {
      signal: interrupt.signal,
      onOutput: (text) => {
        output += text;
        if (storing.length === 0) storing.push(store.store([late[0]!]));
        else if (storing.length === 1 && output.includes(late[0]!.call.callId)) storing.push(store.store([late[1]!]));
        else if (output.includes(late[1]!.call.callId)) interrupt.abort();
      },
    });
    await Promise.all(storing);
    expect(stdout.match(/^time +call/gm)).toHaveLength(1);
    expect(stdout.match(new RegExp(late[1]!.call.callId, 'g'))).toHaveLength(1);
  });

  it('shows one call with its scores, and its content on request', async () => {
    const { stdout } = await fixture.run(['calls', 'show', callId]);
    expect(stdout).toMatch(/requestModel +claude-haiku-4-5/);
    expect(stdout).toContain('no tool \uFFFD[31mred');
    const record = sampleCallRecord({ content: { upstreamRaw: '{"a":1}' } });
    await createCallStore(fixture.database).store([record]);
    const shown = await fixture.run(['calls', 'show', record.call.callId, '--content', '--json']);
    expect(shown.json()).toMatchObject({ callId: record.call.callId, upstreamRaw: '{"a":1}', scores: [] });
    expect(await fixture.run(['calls', 'show', 'x'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('trimtab calls tail'),
    });
  });
});

describe('trimtab scores', () => {
  it('lists failures of a call, as a table and as a document', async () => {
    expect(
      (await fixture.run(['scores', 'list', '--outcome', 'fail', '--call', callId, '--json'])).json(),
    ).toMatchObject([{ callId, scorer: 'unknown_tool', outcome: 'fail', owner: 'provider' }]);
    expect((await fixture.run(['scores', 'list', '--scorer', 'unknown_tool'])).stdout).toContain('\uFFFD[31mred');
    expect((await fixture.run(['scores', 'list', '--scorer', 'none'])).stdout).toContain('No scores that fit.');
  });

  it.each([
    [['--call', 'x'], /--call takes a whole id, not "x"/],
    [['--outcome', 'failed'], /argument 'failed' is invalid/],
  ])('refuses %j', async (more, message) => {
    const { code, stderr } = await fixture.run(['scores', 'list', ...more]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('trimtab clusters', () => {
  it('lists them, and shows where one lives and which calls to look at', async () => {
    const [cluster] = await listClusters(fixture.database, 'default', { limit: 1 });
    expect((await fixture.run(['clusters', 'list', '--json'])).json()).toMatchObject([
      { slug: 'unknown-tool', status: 'new' },
    ]);
    expect((await fixture.run(['clusters', 'list', '--status', 'resolved'])).stdout).toContain('No failure clusters');
    for (const name of ['unknown-tool', cluster?.clusterId.slice(0, 8) ?? '']) {
      const { stdout } = await fixture.run(['clusters', 'show', name]);
      expect(stdout).toMatch(/provider +openai +2/);
      expect(stdout).toContain('tool <*> \uFFFD[31mred');
      expect(stdout).toContain(callId);
      expect(stdout).not.toContain('\u001b');
    }
  });

  it('puts labels on a cluster and takes them off, and resolves it by a policy as people name it', async () => {
    const labels = async (...given: string[]) => {
      const { stderr, json, code } = await fixture.run(['clusters', 'label', 'unknown-tool', '--json', ...given]);
      return code === 0 ? (json() as { labels: string[] }).labels : stderr;
    };
    expect(await labels('azure', 'untriaged')).toEqual(['azure', 'untriaged']);
    expect(await labels('vendor', '--', '-untriaged')).toEqual(['azure', 'vendor']);
    const resolved = await fixture.run(['clusters', 'resolve', 'unknown-tool', '--policy', 'v1', '--json']);
    expect(resolved.json()).toMatchObject({ status: 'resolved' });
    expect((await fixture.run(['clusters', 'resolve', 'unknown-tool', '--policy', 'v9'])).code).toBe(1);
    expect((await fixture.run(['clusters', 'reopen', 'unknown-tool'])).code).toBe(0);
  });

  it.each([
    [['show', 'nothing'], /there is no cluster nothing; see `trimtab clusters list`/],
    [['list', '--status', 'old'], /argument 'old' is invalid/],
  ])('refuses %j', async (more, message) => {
    const { code, stderr } = await fixture.run(['clusters', ...more]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('trimtab losses', () => {
  it('sums up every provider, and shows where one loses what', async () => {
    const losses = JSON.stringify([
      {
        kind: 'dropped',
        pointer: '/messages/3/content/0/cache_control',
        format: 'openai-chat',
        detail: 'cache_control',
      },
    ]);
    await fixture.database
      .updateTable('call')
      .set({ losses: sql`${losses}::jsonb` })
      .where('callId', '=', callId)
      .execute();
    const summary = await fixture.run(['losses', '--json']);
    expect(summary.json()).toEqual(
      expect.arrayContaining([expect.objectContaining({ provider: 'openai', kinds: { dropped: 1 } })]),
    );
    expect((await fixture.run(['losses'])).stdout).toMatch(/^provider +calls +dropped/m);
    const { stdout } = await fixture.run(['losses', 'openai']);
    expect(stdout).toMatch(/1 +1 +\/messages\/\*\/content\/\*\/cache_control +openai-chat +cache_control/);
    expect(stdout).toContain(callId);
  });

  it('says so when there is no such provider, or a number is none', async () => {
    expect(await fixture.run(['losses', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no provider nobody'),
    });
    expect((await fixture.run(['losses', 'openai', '--days', 'x'])).code).toBe(1);
  });
});
