import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { startWholeSystem, type WholeSystem } from '../testing/whole-system.ts';
import { installClaudeCode } from './install-claude-code.ts';
import { searchingModel } from './searching-session.ts';

const SESSION_TIMEOUT_MS = 120_000;

describe.each([
  [true, 'listed'],
  [true, 'to be found'],
  [false, 'listed'],
] as const)('WebSearch of Claude Code, with a search endpoint: %s, among its tools: %s', (isConfigured, place) => {
  let folder: string;
  let program: string;
  let provider: FakeProvider;
  let endpoint: Server;
  let searches = 0;
  let system: WholeSystem;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trimtab-web-search-'));
    program = await installClaudeCode(join(tmpdir(), 'trimtab-claude-code-cli'));
    endpoint = createServer((_request, response) => {
      searches += 1;
      const results = [{ url: 'https://example.org/zugspitze', title: 'Zugspitze', content: 'It is 2962 m high.' }];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
    });
    endpoint.listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
    provider = await createFakeProvider({ format: 'openai-chat', script: searchingModel, strict: true });
    system = await startWholeSystem({
      providers: { fake: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private' } },
      models: [{ id: 'gpt-5-mini', provider: 'fake', price: { input: 1, output: 2 }, maxOutputTokens: 16_000 }],
      routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'gpt-5-mini', weight: 1 }] }],
      serverTools: isConfigured ? { webSearch: { format: 'searxng', url, network: 'private' } } : {},
    });
  });
  afterAll(async () => {
    await system?.stop();
    await provider?.close();
    endpoint?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends, and shows the model what was found, or that nothing could be', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    const { stdout } = await promisify(execFile)(
      program,
      [
        '-p',
        'How high is the Zugspitze? Search.',
        '--allowedTools',
        'WebSearch',
        '--output-format',
        'stream-json',
        '--verbose',
      ],
      {
        cwd: folder,
        timeout: SESSION_TIMEOUT_MS,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: home,
          ANTHROPIC_BASE_URL: system.gatewayUrl,
          ANTHROPIC_API_KEY: 'dummy',
          DISABLE_TELEMETRY: '1',
          // Where tools are searched for, this one is found by a search before it is called.
          ENABLE_TOOL_SEARCH: place === 'listed' ? 'false' : 'true',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        },
      },
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const result = lines.find((line) => line['type'] === 'result');
    expect(result).toMatchObject({ is_error: false, result: isConfigured ? 'FOUND' : 'NOT FOUND' });
    expect(searches).toBe(isConfigured ? 1 : 0);
    const shown = JSON.stringify(lines.filter(({ type }) => type === 'user'));
    if (isConfigured) expect(shown).toContain('https://example.org/zugspitze');
    else expect(shown).toContain('I cannot search the web here.');
  });
});
