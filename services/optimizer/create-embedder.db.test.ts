import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import { similarityOf } from './clustering/embedders/embedder.ts';
import { createEmbedder } from './create-embedder.ts';

let server: Server;
let baseUrl: string;
const asked: { authorization: string | undefined; body: { model: string; input: string[] } }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      const body = JSON.parse(text) as { model: string; input: string[] };
      asked.push({ authorization: request.headers.authorization, body });
      // The last comes first: the order is told by the index alone.
      const data = body.input
        .map((input, index) => ({ object: 'embedding', index, embedding: input.includes('red') ? [3, 4] : [4, -3] }))
        .reverse();
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ object: 'list', model: body.model, data, usage: { prompt_tokens: 1, total_tokens: 1 } }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => server.close());

const configOf = (embedder: unknown) =>
  configSchema.parse({
    providers: { local: { format: 'openai-chat', baseUrl, network: 'private', apiKey: 'a-key' } },
    clusters: { embedder },
  });

describe('an embedder of the configuration', () => {
  it('asks an OpenAI-compatible endpoint, and gives unit vectors in the order of the texts', async () => {
    const embedder = createEmbedder(configOf({ provider: 'local', model: 'small', attach: 0.8, tentative: 0.7 }));
    expect(embedder).toMatchObject({ id: 'endpoint:local/small', thresholds: { attach: 0.8, tentative: 0.7 } });
    const [red, blue] = await embedder.embed(['a red light', 'a blue light']);
    expect([...red!].map((value) => value.toFixed(1))).toEqual(['0.6', '0.8']);
    expect(similarityOf(red!, blue!)).toBeCloseTo(0);
    expect(asked).toEqual([
      {
        authorization: 'Bearer a-key',
        body: expect.objectContaining({ model: 'small', input: ['a red light', 'a blue light'] }),
      },
    ]);
  });

  it('needs no server by default', async () => {
    const embedder = createEmbedder(configOf('hashed'));
    const [one, same] = await embedder.embed(['the path is missing', 'the path is missing']);
    expect(similarityOf(one!, same!)).toBeCloseTo(1);
  });
});
