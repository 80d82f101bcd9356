import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConservation } from '#shared/database/conservation.ts';
import { createReplays } from '#shared/database/replay-store.ts';
import { unpackBlock } from '#shared/database/transcript/block-content.ts';
import { createLog } from '#shared/log.ts';
import { INGEST_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';
import { eventually } from './testing/eventually.ts';
import { runCommand } from './testing/run-command.ts';
import { startWholeSystem, type WholeSystem } from './testing/whole-system.ts';

/** A word that no mask takes for an id or a number. */
const CANARY = 'kanarienvogel';
const SESSION = `${CANARY}-session`;
const BLOCK_BYTES_MAX = 1_000_000;
const SCENARIO = fakeScenarioSchema.parse({ faults: [{ kind: 'collapse-parallel-calls' }] });
const READ_FILE: Anthropic.Tool = {
  name: `read_${CANARY}`,
  description: 'Read a file',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

describe('a purge, of a whole system', () => {
  let provider: FakeProvider;
  let system: WholeSystem;
  let client: Anthropic;
  beforeAll(async () => {
    provider = await createFakeProvider({ format: 'openai-chat', script: createScenarioScript(SCENARIO).script });
    system = await startWholeSystem({
      providers: {
        swift: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private', apiKey: `\${TEST_API_KEY}` },
      },
      models: [{ id: 'swift-1', provider: 'swift', price: { input: 1, output: 2 } }],
      routes: [{ id: 'all', match: { model: 'claude-*' }, targets: [{ model: 'swift-1', weight: 1 }] }],
      governance: { session: { idle: '1s' } },
      optimizer: { controllerInterval: '500ms', minClusterSessions: 1 },
    });
    client = new Anthropic({ apiKey: 'anything on loopback', baseURL: system.gatewayUrl, maxRetries: 0 });
  });
  afterAll(async () => {
    await system?.stop();
    await provider?.close();
  });

  const ask = async (session: string, text: string): Promise<string> => {
    const { response } = await client.messages
      .create(
        { model: 'claude-sonnet-5', max_tokens: 500, tools: [READ_FILE], messages: [{ role: 'user', content: text }] },
        { headers: { 'x-claude-code-session-id': session } },
      )
      .withResponse();
    return response.headers.get('x-trimtab-call-id') ?? '';
  };
  const twoCalls = (word: string) =>
    `Read both ${word}.\ncall ${READ_FILE.name} {"path":"${word}"}\ncall ${READ_FILE.name} {"path":"b.ts"}`;

  it('leaves a canary in no row and in no file, wherever it has got to', async () => {
    const callId = await ask(SESSION, twoCalls(CANARY));
    await eventually('its failure stands in a cluster', async () => {
      const rows = await system.database.selectFrom('failureEvent').select('callId').execute();
      return rows.some((row) => row.callId === callId) ? true : null;
    });
    await eventually('its session is closed', async () => {
      const row = await system.database.selectFrom('session').select('closedAt').executeTakeFirst();
      return row?.closedAt ?? null;
    });
    await createReplays(system.database, [replayOf(callId)]);
    await reportUnreadable(system);
    await eventually('the record that nobody can read is a dead letter', async () => {
      const letters = await system.database.selectFrom('deadLetter').select('queue').execute();
      return letters.some(({ queue }) => queue === INGEST_QUEUE) ? true : null;
    });
    // From here on the store takes no call, and the next one stays in the spool.
    await sql`REVOKE INSERT ON call FROM trimtab_gateway`.execute(system.database);
    await ask(SESSION, twoCalls(`${CANARY} again`));
    await eventually('the next call is on the disk', async () =>
      filesWith(system.dataDir).some((path) => path.endsWith('.segment')) ? true : null,
    );
    expect(await tablesWith(system)).toEqual(
      expect.arrayContaining(['public.block', 'public.call', 'public.dead_letter', 'public.session']),
    );

    const looked = await runCommand(['purge', '--session', SESSION, '--dry-run', '--json'], system.environment);
    expect(JSON.parse(looked.stdout)).toMatchObject({ dryRun: true, calls: 1, sessions: 1, replays: 1 });
    const unasked = await runCommand(['purge', '--session', SESSION], system.environment);
    expect(unasked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--yes') });
    const purged = await runCommand(['purge', '--session', SESSION, '--yes', '--json'], system.environment);
    expect(purged).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(purged.stdout)).toMatchObject({ dryRun: false, calls: 1, sessions: 1, replays: 1 });

    await sql`GRANT INSERT ON call TO trimtab_gateway`.execute(system.database);
    const conservation = await eventually('the spool is drained', async () => {
      const numbers = await readConservation(system.database, 'default');
      return numbers.pending === 0 && numbers.purged === 2 ? numbers : null;
    });
    expect(conservation).toMatchObject({ balances: true, answered: 2, scored: 0, purged: 2 });
    await eventually('no file has it', async () => (filesWith(system.dataDir).length === 0 ? true : null));
    expect(await tablesWith(system)).toEqual([]);
    const { stdout } = await runCommand(['doctor', '--json'], system.environment);
    expect(stdout).not.toContain(CANARY);
  });

  it('goes on storing what is said in the same words by somebody else', async () => {
    const callId = await ask('another', twoCalls(CANARY));
    const row = await eventually('the call is stored and scored', async () => {
      const query = system.database.selectFrom('scoringRun').select('callId').where('callId', '=', callId);
      return (await query.executeTakeFirst()) ?? null;
    });
    expect(row.callId).toBe(callId);
    const shown = await runCommand(['calls', 'show', callId, '--content', '--json'], system.environment);
    expect(JSON.parse(shown.stdout)).toMatchObject({ request: { tools: [{ name: READ_FILE.name }] } });
  });
});

function replayOf(callId: string) {
  const common = { projectId: 'default', promptRunId: null, prefixId: null, scorerSet: 'old', sample: 0 };
  return { ...common, replayId: `replay-${callId}`, callId, model: 'swift-1' };
}

/** What a foreign gateway with a bug puts on the queue. */
async function reportUnreadable(system: WholeSystem): Promise<void> {
  const backend = createQueueBackend(
    { log: createLog('test', 'silent') },
    { databaseUrl: system.environment['DATABASE_URL'] ?? '' },
  );
  try {
    const record = JSON.stringify({ sessionId: SESSION, startedAt: Date.now() - 1_000, request: CANARY });
    await backend.openQueue(INGEST_QUEUE).add({ id: 'unreadable', data: { v: 1, callId: 'x-1', record } });
  } finally {
    await backend.close();
  }
}

/** Tables in which a row holds the canary, in plain text, as bytes or packed. */
async function tablesWith(system: WholeSystem): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_schema IN ('public', 'bullmq') AND table_type = 'BASE TABLE'
      AND table_name !~ '_[0-9]{4}w[0-9]{2}$' ORDER BY 1`.execute(system.database);
  const found: string[] = [];
  const hex = Buffer.from(CANARY).toString('hex');
  for (const { name } of rows) {
    const hits = await sql<{ hits: number }>`
      SELECT count(*) AS hits FROM ${sql.raw(name)} AS t
      WHERE t::text ILIKE ${`%${CANARY}%`} OR t::text LIKE ${`%${hex}%`}`.execute(system.database);
    if ((hits.rows[0]?.hits ?? 0) > 0) found.push(name);
  }
  const blocks = await system.database.selectFrom('block').select(['blockKey', 'kind', 'content']).execute();
  const isFound = await Promise.all(
    blocks.map(async ({ blockKey, kind, content }) =>
      // A raw reply is packed with the message made of it, and is read through its call or not at all.
      kind === 'reply'
        ? !(await isReferred(system, blockKey))
        : (await unpackBlock(content, BLOCK_BYTES_MAX)).includes(CANARY),
    ),
  );
  if (isFound.includes(true) && !found.includes('public.block')) found.push('public.block');
  return found.sort();
}

async function isReferred(system: WholeSystem, upstreamRawBlock: Buffer): Promise<boolean> {
  const query = system.database.selectFrom('call').select('callId').where('upstreamRawBlock', '=', upstreamRawBlock);
  return (await query.executeTakeFirst()) !== undefined;
}

function filesWith(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(CANARY));
}
