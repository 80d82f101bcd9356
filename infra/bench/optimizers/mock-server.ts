import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chat, ChatRequest } from './landscapes/chat.ts';
import { mockReply } from './landscapes/mock-reply.ts';

/** The mock behind OpenAI's chat completions, each answer after a latency in milliseconds. */
export async function openMockServer(latencyMs: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void delay(latencyMs).then(() => {
        const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatRequest;
        const { status, content } = mockReply(asked);
        const message = { role: 'assistant', content };
        const body =
          status === 200
            ? { object: 'chat.completion', model: asked.model, choices: [{ index: 0, finish_reason: 'stop', message }] }
            : { error: { message: content } };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    close: () => new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
}

/** Asks the mock over HTTP, as an OpenAI client would. */
export function httpChat(url: string): Chat {
  return async (request) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const body = (await response.json()) as {
      choices?: { message: { content: string } }[];
      error?: { message: string };
    };
    return { status: response.status, content: body.choices?.[0]?.message.content ?? body.error?.message ?? '' };
  };
}
