import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeProvider, type FakeProvider, type FakeProviderOptions } from './fake-provider.ts';
import type { FakeReply } from './fake-reply.ts';

const open: FakeProvider[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((provider) => provider.close()));
});

async function start(format: FakeProviderOptions['format'], reply: FakeReply): Promise<FakeProvider> {
  const provider = await createFakeProvider({ format, script: () => reply });
  open.push(provider);
  return provider;
}

const CALL: FakeReply = {
  type: 'message',
  text: 'Reading.',
  toolCalls: [{ name: 'read_file', arguments: { path: 'a.ts' } }],
};

describe('createFakeProvider', () => {
  it.each([true, false])('speaks Chat Completions to the OpenAI client, streamed: %s', async (stream) => {
    const { baseURL } = { baseURL: (await start('openai-chat', CALL)).baseUrl };
    const client = new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0 });
    const body = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hi' }] };
    const completion = stream
      ? await client.chat.completions.stream(body).finalChatCompletion()
      : await client.chat.completions.create(body);
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
    expect(completion.choices[0]?.message.content).toBe('Reading.');
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'read_file', arguments: '{"path":"a.ts"}' },
    });
  });

  it.each([true, false])('speaks Messages to the Anthropic client, streamed: %s', async (stream) => {
    const client = new Anthropic({ apiKey: 'k', baseURL: (await start('anthropic-messages', CALL)).baseUrl });
    const body = { model: 'claude', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] };
    const message = stream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content[1]).toMatchObject({ type: 'tool_use', name: 'read_file', input: { path: 'a.ts' } });
  });

  it('refuses what a strict OpenAI server refuses', async () => {
    const provider = await start('openai-chat', CALL);
    const ask = async (body: object) => {
      const messages = [{ role: 'user', content: 'hi' }];
      const init = { method: 'POST', body: JSON.stringify({ model: 'm', messages, ...body }) };
      const response = await fetch(`${provider.baseUrl}/chat/completions`, init);
      return { status: response.status, text: await response.text() };
    };
    expect((await ask({ thinking: {} })).text).toMatch(/Unrecognized request argument supplied: thinking/);
    expect((await ask({ messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] })).status).toBe(400);
    expect((await ask({ tools: [] })).status).toBe(400);
    expect((await ask({})).status).toBe(200);
  });

  it('cuts a stream after so many events', async () => {
    const provider = await start('openai-chat', { type: 'message', text: 'a long enough text', cutAfterEvents: 2 });
    const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] });
    const response = await fetch(`${provider.baseUrl}/chat/completions`, { method: 'POST', body });
    await expect(response.text()).rejects.toThrow(/terminated/);
  });
});
