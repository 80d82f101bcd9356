import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { eventually } from '../testing/eventually.ts';
import { startWholeSystem, type WholeSystem } from '../testing/whole-system.ts';
import { codingModel } from './coding-session.ts';
import { installClaudeCode } from './install-claude-code.ts';

const SESSION_TIMEOUT_MS = 120_000;

describe('Claude Code, pointed at the gateway', () => {
  let folder: string;
  let project: string;
  let program: string;
  let provider: FakeProvider;
  let system: WholeSystem;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trimtab-claude-code-'));
    project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'sum.mjs'), 'export const sum = (left, right) => left - right;\n');
    writeFileSync(
      join(project, 'sum.test.mjs'),
      "import test from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from './sum.mjs';\ntest('sums', () => assert.equal(sum(2, 3), 5));\n",
    );
    program = await installClaudeCode(join(tmpdir(), 'trimtab-claude-code-cli'));
    // Strict: it refuses what OpenAI refuses, so that a field too many fails the session.
    provider = await createFakeProvider({ format: 'openai-chat', script: codingModel(project), strict: true });
    system = await startWholeSystem({
      providers: { fake: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: [{ id: 'gpt-5-mini', provider: 'fake', price: { input: 1, output: 2 }, maxOutputTokens: 16_000 }],
      routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'gpt-5-mini', weight: 1 }] }],
    });
  });
  afterAll(async () => {
    await system?.stop();
    await provider?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('completes a coding session with parallel reads, an edit and a test run on a strict OpenAI upstream', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    const { stdout } = await promisify(execFile)(
      program,
      ['-p', 'The test of sum fails. Mend the code.', '--allowedTools', 'Read,Edit,Bash', '--output-format', 'json'],
      {
        cwd: project,
        timeout: SESSION_TIMEOUT_MS,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: home,
          ANTHROPIC_BASE_URL: system.gatewayUrl,
          ANTHROPIC_API_KEY: 'dummy',
          DISABLE_TELEMETRY: '1',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        },
      },
    );
    const result = JSON.parse(stdout) as { result: string; is_error: boolean; session_id: string; num_turns: number };
    expect(result).toMatchObject({ is_error: false, result: 'FIXED' });
    expect(readFileSync(join(project, 'sum.mjs'), 'utf8')).toContain('left + right');

    const calls = await eventually('all calls of the session are stored', async () => {
      const rows = await system.database
        .selectFrom('call')
        .selectAll()
        .where('sessionId', '=', result.session_id)
        .orderBy('callId')
        .execute();
      return rows.filter((row) => row.stopReason !== null).length >= 4 ? rows : null;
    });
    expect(calls.map((call) => call.status)).toEqual(calls.map(() => 'ok'));
    const turns = calls.filter((call) => call.turnShape.split('-')[1] !== 'none');
    expect(turns.map((call) => call.stopReason)).toEqual(['tool_use', 'tool_use', 'tool_use', 'end_turn']);
    expect(turns.slice(1).map((call) => call.parentCallId)).toEqual(turns.slice(0, -1).map((call) => call.callId));
    expect(new Set(calls.map((call) => call.sessionSource))).toEqual(new Set(['claude-code-header']));

    const blamed = await eventually('every call is scored', async () => {
      const runs = await system.database.selectFrom('scoringRun').select('callId').where('pass', '=', 'call').execute();
      if (runs.length < calls.length) return null;
      return await system.database
        .selectFrom('score')
        .select(['scorer', 'owner', 'explanation'])
        .where('outcome', '=', 'fail')
        // What translation loses is told, and no failure of a call.
        .where('scorer', 'not like', 'loss_%')
        .execute();
    });
    expect(blamed).toEqual([]);
  });
});
