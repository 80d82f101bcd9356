import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import type { FakeProviderOptions } from '#shared/testing/fake-provider.ts';
import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';
import { judgeMessageStream } from '#shared/testing/message-stream-oracle.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { adminDatabase, createTestBench, seedConfig, type TestBench } from '../testing/gateway-fixture.ts';

type Messages = Anthropic.MessageParam[];
type Tools = Anthropic.ToolUnion[];

const SEARCH: Anthropic.WebSearchTool20250305 = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
const READ: Anthropic.Tool = { name: 'read_file', input_schema: { type: 'object', properties: { path: {} } } };
const QUESTION: Messages = [{ role: 'user', content: 'How high is the Zugspitze?' }];

const searchCall = (query: string) => ({ name: 'web_search', arguments: { query } });
const searched = (...queries: string[]): FakeReply => ({
  type: 'message',
  text: 'I look.',
  toolCalls: queries.map(searchCall),
  usage: { input: 100, output: 10 },
});
const answer = (text: string): FakeReply => ({ type: 'message', text, usage: { input: 200, output: 20 } });

/** Replies in their order, the last one for ever. */
function inTurn(...replies: FakeReply[]): (request: FakeRequest) => FakeReply {
  let count = 0;
  return () => replies[Math.min(count++, replies.length - 1)]!;
}

describe('tools that the gateway runs', () => {
  let testDatabase: TestDatabase;
  let admin: Database;
  let bench: TestBench;
  let web: Server;
  let webUrl: string;
  let visits: { url: string; body: string }[] = [];
  let visit: (request: IncomingMessage, response: ServerResponse) => void;
  let projects = 0;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    admin = adminDatabase(testDatabase.connectionString);
    web = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request as AsyncIterable<Buffer>) body += piece.toString();
      visits.push({ url: request.url ?? '', body });
      visit(request, response);
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    web.close();
    await admin.destroy();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    bench = await createTestBench(testDatabase.connectionString);
    visits = [];
    visit = (_request, response) => {
      const results = [
        { url: 'https://example.org/zugspitze', title: 'Zugspitze', content: 'It is 2962 m high, größer.' },
      ];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
    };
  });
  afterEach(() => bench.close());

  async function start(
    script: (request: FakeRequest) => FakeReply,
    serverTools: Record<string, unknown> = {
      webSearch: { format: 'searxng', url: webUrl, network: 'private' },
      webFetch: { enabled: true },
      maxSteps: 4,
    },
    upstream: { fake?: FakeProviderOptions['format']; provider?: Record<string, unknown> } = {},
  ) {
    const provider = await bench.provider(script, { format: upstream.fake ?? 'openai-chat' });
    projects += 1;
    const config = await seedConfig(admin, {
      project: `server-tools-${projects}`,
      providers: {
        upstream: { format: 'openai-chat', baseUrl: provider.baseUrl, network: 'private', ...upstream.provider },
      },
      gateway: { pingInterval: '100ms' },
      models: [{ id: 'model-1', provider: 'upstream', price: { input: 1, output: 10 } }],
      routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'model-1', weight: 1 }] }],
      governance: { exploration: 0 },
      serverTools,
    });
    const gateway = await bench.gateway(config);
    const client = new Anthropic({ apiKey: 'client-key', baseURL: gateway.baseUrl, maxRetries: 0 });
    return { provider, gateway, client };
  }

  const ask = async (
    client: Anthropic,
    isStreamed: boolean,
    request: { messages?: Messages; tools?: Tools; tool_choice?: Anthropic.ToolChoice; max_tokens?: number } = {},
  ): Promise<Anthropic.Message> => {
    const body = { model: 'claude-x', max_tokens: 1000, messages: QUESTION, tools: [SEARCH], ...request };
    return isStreamed ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
  };
  const kinds = ({ content }: Anthropic.Message) => content.map(({ type }) => type);

  it.each([true, false])('search and answer in one message, streamed: %s', async (isStreamed) => {
    const { client, provider, gateway } = await start(inTurn(searched('Zugspitze height'), answer('2962 m.')));
    const message = await ask(client, isStreamed, { tool_choice: { type: 'tool', name: 'web_search' } });
    expect(kinds(message)).toEqual(['text', 'server_tool_use', 'web_search_tool_result', 'text']);
    const [, use, result] = message.content as [
      unknown,
      Anthropic.ServerToolUseBlock,
      Anthropic.WebSearchToolResultBlock,
    ];
    expect(use).toMatchObject({ name: 'web_search', input: { query: 'Zugspitze height' } });
    expect(use.id).toMatch(/^srvtoolu_[A-Za-z0-9_]+$/);
    expect(result.tool_use_id).toBe(use.id);
    expect(result.content).toMatchObject([{ type: 'web_search_result', url: 'https://example.org/zugspitze' }]);
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      usage: { input_tokens: 300, output_tokens: 30, server_tool_use: { web_search_requests: 1 } },
    });
    expect(visits[0]?.url).toBe('/search?q=Zugspitze+height&format=json');

    const [first, second] = provider.requests.map(({ body }) => body);
    expect(first).toMatchObject({
      tools: [{ type: 'function', function: { name: 'web_search' } }],
      tool_choice: { function: { name: 'web_search' } },
    });
    // Forced once more, the model could only search for ever.
    expect(second).toMatchObject({ tool_choice: 'auto' });
    expect(JSON.stringify(second?.['messages'])).toContain('It is 2962 m high, größer.');

    const [record] = await gateway.recorded(1);
    expect(record?.call).toMatchObject({
      status: 'ok',
      stopReason: 'end_turn',
      usage: { inputTokens: 300, outputTokens: 30 },
      costUsd: (300 * 1 + 30 * 10) / 1_000_000,
      attempts: [{ outcome: 'ok' }, { outcome: 'ok' }],
    });
    expect(record?.upstreamRaw?.match(/model-1/g)?.length).toBeGreaterThanOrEqual(2);
    expect(record?.call.losses).toContainEqual(expect.objectContaining({ kind: 'approximated', pointer: '/tools/0' }));
  });

  const AWS = { region: 'us-east-1', aws: { accessKeyId: 'AKID', secretAccessKey: 'secret' } };
  it.each<[FakeProviderOptions['format'], Record<string, unknown>]>([
    ['openai-responses', { format: 'openai-responses' }],
    ['gemini', { format: 'gemini', apiKey: 'k' }],
    ['bedrock-converse', { format: 'bedrock-converse', auth: 'aws-sigv4', ...AWS }],
    ['bedrock-anthropic', { format: 'anthropic-messages', hosting: 'bedrock', auth: 'aws-sigv4', ...AWS }],
  ])('search and answer in front of %s, too, streamed and whole', async (fake, provider) => {
    for (const isStreamed of [true, false]) {
      const script = inTurn(searched('Zugspitze height'), answer('2962 m.'));
      const { client, provider: upstream } = await start(script, undefined, { fake, provider });
      const message = await ask(client, isStreamed);
      // Gemini's signature of the call comes as thinking, and goes back with it.
      const shown = kinds(message).filter((kind) => kind !== 'thinking');
      expect(shown).toEqual(['text', 'server_tool_use', 'web_search_tool_result', 'text']);
      expect(message.stop_reason).toBe('end_turn');
      expect(upstream.requests).toHaveLength(2);
      expect(upstream.requests[0]?.bodyText).not.toContain('web_search_20250305');
      expect(upstream.requests[1]?.bodyText).toContain('It is 2962 m high, größer.');
    }
  });

  it('are left to an upstream that runs them itself, in the bytes of the client', async () => {
    const upstream = { fake: 'anthropic-messages' as const, provider: { format: 'anthropic-messages' } };
    const { client, provider } = await start(() => answer('Found.'), undefined, upstream);
    for (const isStreamed of [true, false]) {
      const message = await ask(client, isStreamed);
      expect(message.content).toMatchObject([{ type: 'text', text: 'Found.' }]);
    }
    expect(provider.requests.map(({ body }) => body['tools'])).toEqual([[SEARCH], [SEARCH]]);
    expect(visits).toHaveLength(0);
  });

  it('let the client hear something while a search takes long', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    visit = (_request, response) => asked.resolve(response);
    const { gateway } = await start(inTurn(searched('x'), answer('done')));
    const body = { model: 'claude-x', max_tokens: 100, messages: QUESTION, tools: [SEARCH], stream: true };
    const response = await fetch(`${gateway.baseUrl}/v1/messages`, { method: 'POST', body: JSON.stringify(body) });
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    const searching = await asked.promise;
    let text = '';
    while (text.match(/event: ping/g)?.length !== 2) text += (await reader.read()).value ?? '';
    expect(text).toContain('"type":"server_tool_use"');
    searching.writeHead(200).end('{"results":[]}');
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
    expect(text).toContain('event: message_stop');
  });

  it('stream a message that keeps every rule of a stream, and equals the whole one', async () => {
    const script = () => inTurn(searched('one', 'two'), searched('three'), answer('done'));
    const { client: whole } = await start(script());
    const { gateway } = await start(script());
    const message = await ask(whole, false, {});
    const response = await fetch(`${gateway.baseUrl}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ model: 'claude-x', max_tokens: 1000, messages: QUESTION, tools: [SEARCH], stream: true }),
    });
    const verdict = await judgeMessageStream(new Uint8Array(await response.arrayBuffer()));
    expect(verdict.violations).toEqual([]);
    expect(verdict.message?.content.map(({ type }) => type)).toEqual(kinds(message));
    expect(kinds(message)).toEqual([
      ...['text', 'server_tool_use', 'server_tool_use', 'web_search_tool_result', 'web_search_tool_result'],
      ...['text', 'server_tool_use', 'web_search_tool_result', 'text'],
    ]);
    // The third search is beyond max_uses.
    expect(message.content[7]).toMatchObject({
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    });
    expect(message.usage.server_tool_use).toMatchObject({ web_search_requests: 2 });
    expect(verdict.message?.usage.server_tool_use).toMatchObject({ web_search_requests: 2 });
  });

  it.each([true, false])('pause a turn that does not end, streamed: %s', async (isStreamed) => {
    let count = 0;
    const { client, provider } = await start(() => searched(`again ${count++}`));
    const tools: Tools = [{ ...SEARCH, max_uses: 20 }, READ];
    const message = await ask(client, isStreamed, { tools });
    expect(message.stop_reason).toBe('pause_turn');
    expect(provider.requests).toHaveLength(4);
    const ids = message.content.flatMap((block) => (block.type === 'server_tool_use' ? [block.id] : []));
    expect(new Set(ids).size).toBe(4);
    // Sent back as it is, the turn goes on.
    const next = await ask(client, isStreamed, {
      tools,
      messages: [...QUESTION, { role: 'assistant', content: message.content }],
    });
    expect(next.stop_reason).toBe('pause_turn');
    expect(
      next.content
        .flatMap((block) => (block.type === 'server_tool_use' ? [block.id] : []))
        .every((id) => !ids.includes(id)),
    ).toBe(true);
  });

  it('let no model search for ever that has used up its searches', async () => {
    const { client, provider } = await start((request) =>
      request.body['tool_choice'] === 'none' ? answer('I have what there is.') : searched('again'),
    );
    const message = await ask(client, false, { tools: [{ ...SEARCH, max_uses: 1 }] });
    expect(message.stop_reason).toBe('end_turn');
    expect(provider.requests).toHaveLength(3);
  });

  it.each([true, false])('run after the client has answered calls of its own, streamed: %s', async (isStreamed) => {
    const mixed: FakeReply = {
      type: 'message',
      toolCalls: [searchCall('Zugspitze'), { name: 'read_file', arguments: { path: 'a' } }],
      usage: { input: 10, output: 5 },
    };
    const { client, provider } = await start(inTurn(mixed, answer('Both say 2962 m.'), answer('As I said.')));
    const tools: Tools = [SEARCH, READ];
    const first = await ask(client, isStreamed, { tools });
    expect(kinds(first)).toEqual(['server_tool_use', 'tool_use']);
    expect(first.stop_reason).toBe('tool_use');
    expect(visits).toHaveLength(0);

    const called = first.content[1] as Anthropic.ToolUseBlock;
    const results: Messages = [
      ...QUESTION,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: called.id, content: 'alpha' }] },
    ];
    const second = await ask(client, isStreamed, { tools, messages: results });
    expect(kinds(second)).toEqual(['web_search_tool_result', 'text']);
    expect(second.stop_reason).toBe('end_turn');
    expect(visits).toHaveLength(1);
    const sent = provider.requests[1]?.body['messages'] as { role: string }[];
    expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);

    // The whole history, with the result where the client got it, is understood once more.
    const more: Messages = [
      ...results,
      { role: 'assistant', content: second.content },
      { role: 'user', content: 'Sure?' },
    ];
    const third = await ask(client, isStreamed, { tools, messages: more });
    expect(third.content).toMatchObject([{ type: 'text', text: 'As I said.' }]);
    expect(visits).toHaveLength(1);
    const last = provider.requests[2]?.body['messages'] as { role: string; content: string }[];
    expect(last.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant', 'user']);
    expect(last.some(({ content }) => content?.includes('größer'))).toBe(true);
  });

  it('say in the documented shape that a search failed, and let the model go on', async () => {
    visit = (_request, response) => void response.writeHead(500).end('down');
    const { client } = await start(inTurn(searched('x'), answer('I could not search.')));
    const message = await ask(client, false);
    expect(message.content[2]).toMatchObject({
      type: 'web_search_tool_result',
      content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
    });
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage.server_tool_use).toMatchObject({ web_search_requests: 0 });
  });

  it('fetch a page that the user named, as text and without its scripts', async () => {
    visit = (request, response) => {
      if (request.url === '/moved') return void response.writeHead(302, { location: '/page' }).end();
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(
        '<html><head><title>Gipfel &amp; Co</title></head><body><script>alert(1)</script><p>Höhe 2962&nbsp;m</p></body></html>',
      );
    };
    const fetchTool: Tools[number] = { type: 'web_fetch_20250910', name: 'web_fetch' };
    const calls = [`${webUrl}/moved`, 'https://example.org/never-named'];
    const { client } = await start(
      inTurn(
        { type: 'message', toolCalls: calls.map((url) => ({ name: 'web_fetch', arguments: { url } })) },
        answer('2962 m.'),
      ),
    );
    const messages: Messages = [{ role: 'user', content: `What does ${webUrl}/moved say?` }];
    const message = await ask(client, true, { messages, tools: [fetchTool] });
    const results = message.content.filter((block) => block.type === 'web_fetch_tool_result');
    expect(results).toMatchObject([
      {
        content: {
          type: 'web_fetch_result',
          url: `${webUrl}/page`,
          content: { type: 'document', title: 'Gipfel & Co', source: { type: 'text', data: 'Höhe 2962 m' } },
        },
      },
      { content: { type: 'web_fetch_tool_result_error', error_code: 'url_not_in_prior_context' } },
    ]);
    expect(message.usage.server_tool_use).toMatchObject({ web_fetch_requests: 1 });
  });

  it.each([true, false])(
    'break off with an error when the upstream does after a search, streamed: %s',
    async (isStreamed) => {
      const broken: FakeReply = { type: 'http', status: 400, body: { error: { message: 'no such thing' } } };
      const { client, gateway } = await start(inTurn(searched('x'), broken));
      await expect(ask(client, isStreamed)).rejects.toThrow(/no such thing/);
      const [record] = await gateway.recorded(1);
      expect(record?.call.status).toBe(isStreamed ? 'incomplete' : 'upstream_error');
      expect(record?.call.attempts).toHaveLength(2);
    },
  );

  it('cancel a search when the client leaves', async () => {
    const gone = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    visit = (_request, response) => {
      response.once('close', () => gone.resolve());
      asked.resolve();
    };
    const { client, gateway } = await start(inTurn(searched('x'), answer('late')));
    const controller = new AbortController();
    const stream = client.messages.stream(
      { model: 'claude-x', max_tokens: 100, messages: QUESTION, tools: [SEARCH] },
      { signal: controller.signal },
    );
    stream.on('error', () => undefined);
    stream.on('abort', () => undefined);
    await asked.promise;
    controller.abort();
    await gone.promise;
    const [record] = await gateway.recorded(1);
    expect(record?.call).toMatchObject({ status: 'client_cancelled' });
  });

  it('are taken out with a word to the model where nothing is configured', async () => {
    const { client, provider, gateway } = await start(() => answer('I cannot search; from memory 2962 m.'), {});
    const code: Tools[number] = { type: 'code_execution_20250825', name: 'code_execution' };
    const message = await ask(client, false, {
      tools: [SEARCH, code],
      tool_choice: { type: 'tool', name: 'web_search' },
    });
    expect(message.content).toMatchObject([{ type: 'text' }]);
    const [sent] = provider.requests;
    expect(sent?.body).not.toHaveProperty('tools');
    expect(sent?.body).not.toHaveProperty('tool_choice');
    expect(JSON.stringify(sent?.body['messages'])).toContain('Not available here: web_search, code_execution.');
    const [record] = await gateway.recorded(1);
    for (const pointer of ['/tools/0', '/tools/1']) {
      expect(record?.call.losses).toContainEqual(expect.objectContaining({ kind: 'dropped', pointer }));
    }
  });
});
