import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FAKE_ANTHROPIC_WIRE } from './fake-anthropic-wire.ts';
import { FAKE_CONVERSE_WIRE } from './fake-converse-wire.ts';
import { FAKE_GEMINI_WIRE } from './fake-gemini-wire.ts';
import { FAKE_BEDROCK_ANTHROPIC_WIRE, FAKE_VERTEX_ANTHROPIC_WIRE } from './fake-hosted-anthropic-wire.ts';
import { FAKE_OPENAI_WIRE } from './fake-openai-wire.ts';
import type { FakeReply, FakeRequest, FakeScript } from './fake-reply.ts';
import { FAKE_RESPONSES_WIRE } from './fake-responses-wire.ts';
import type { FakeWire } from './fake-wire.ts';

/** The formats, and the places where a cloud has its own of Anthropic's. */
const WIRES = {
  'openai-chat': FAKE_OPENAI_WIRE,
  'openai-responses': FAKE_RESPONSES_WIRE,
  'anthropic-messages': FAKE_ANTHROPIC_WIRE,
  gemini: FAKE_GEMINI_WIRE,
  'bedrock-converse': FAKE_CONVERSE_WIRE,
  'bedrock-anthropic': FAKE_BEDROCK_ANTHROPIC_WIRE,
  'vertex-anthropic': FAKE_VERTEX_ANTHROPIC_WIRE,
} as const satisfies Record<string, FakeWire>;

export interface FakeProviderOptions {
  readonly format: keyof typeof WIRES;
  readonly script: FakeScript;
  /** 400 to whatever the vendor would refuse; true unless the format is Anthropic's own. */
  readonly strict?: boolean | undefined;
  /** What is wrong with a request's credentials, or null. */
  readonly refuseCredentials?: ((request: FakeRequest) => string | null) | undefined;
  /** Parameters that this model refuses, as OpenAI's reasoning models refuse `temperature`. */
  readonly refusedParameters?: readonly string[] | undefined;
  /** Answers a request on a path of its own; returns false for a path it does not know. */
  readonly control?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly port?: number | undefined;
}

/** A scripted upstream on a real socket. */
export interface FakeProvider {
  readonly origin: string;
  /** As a configuration would have it. */
  readonly baseUrl: string;
  /** Requests so far, in order of arrival. */
  readonly requests: readonly FakeRequest[];
  close(): Promise<void>;
}

/** Where a format's paths begin, as its vendor's SDK has it. */
const BASE_PATHS: Readonly<Partial<Record<FakeProviderOptions['format'], string>>> = {
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  gemini: '/v1beta',
};
const UNAUTHENTICATED = 401;

type MessageReply = Extract<FakeReply, { type: 'message' }>;

export async function createFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const wire: FakeWire = WIRES[options.format];
  const isStrict = options.strict ?? options.format !== 'anthropic-messages';
  const requests: FakeRequest[] = [];
  const sockets = new Set<Socket>();
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (options.control?.(incoming, response) === true) return;
    const request = await readRequest(wire, incoming, response, requests.length);
    requests.push(request);
    const refuse = (status: number, message: string) => sendHttp(response, status, {}, wire.error(status, message));
    if (!wire.path.test(request.path)) return refuse(404, `no ${request.path}`);
    const credentialFault = options.refuseCredentials?.(request) ?? null;
    if (credentialFault !== null) return refuse(UNAUTHENTICATED, credentialFault);
    const refusal = isStrict ? (wire.refuse?.(request, options.refusedParameters) ?? null) : null;
    if (refusal !== null) return refuse(400, refusal);
    await sendReply(wire, await options.script(request), request, response);
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    baseUrl: `http://127.0.0.1:${port}${BASE_PATHS[options.format] ?? ''}`,
    requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(
  wire: FakeWire,
  incoming: IncomingMessage,
  response: ServerResponse,
  index: number,
): Promise<FakeRequest> {
  const ended = new Promise<'answered' | 'cancelled'>((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? 'answered' : 'cancelled'));
  });
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  const bodyText = Buffer.concat(parts).toString('utf8');
  const body = (bodyText === '' ? {} : JSON.parse(bodyText)) as Record<string, unknown>;
  const { pathname: path, search: query } = new URL(incoming.url ?? '/', 'http://fake');
  const named = wire.modelInPath?.exec(path)?.[1];
  const model = named === undefined ? String(body['model']) : decodeURIComponent(named);
  const streamed = wire.streamPath === undefined ? body['stream'] === true : wire.streamPath.test(path);
  const { method = '', headers } = incoming;
  return { index, method, path, query, model, headers, body, bodyText, streamed, ended };
}

async function sendReply(
  wire: FakeWire,
  reply: FakeReply,
  request: FakeRequest,
  response: ServerResponse,
): Promise<void> {
  switch (reply.type) {
    case 'reset':
      response.destroy();
      return;
    case 'silence':
      await request.ended;
      return;
    case 'http':
      if (reply.headersDelayMs !== undefined) await delay(reply.headersDelayMs);
      return sendHttp(response, reply.status, reply.headers ?? {}, reply.body);
    case 'raw':
      response.writeHead(200, reply.headers);
      for (const piece of reply.pieces) await writePiece(response, piece);
      if (reply.silent === true) await request.ended;
      else if (reply.cut === true) response.destroy();
      else response.end();
      return;
    case 'message':
      if (reply.headersDelayMs !== undefined) await delay(reply.headersDelayMs);
      return request.streamed
        ? await streamMessage(wire, reply, request, response)
        : sendMessage(wire, reply, request, response);
    default:
      reply satisfies never;
  }
}

function sendMessage(wire: FakeWire, reply: MessageReply, request: FakeRequest, response: ServerResponse): void {
  const text = JSON.stringify(wire.body(reply, request));
  const isCut = reply.cutAfterEvents !== undefined || reply.silentAfterEvents !== undefined;
  if (!isCut) {
    sendHttp(response, 200, {}, text);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => {
    if (reply.cutAfterEvents !== undefined) response.destroy();
  });
}

async function streamMessage(
  wire: FakeWire,
  reply: MessageReply,
  request: FakeRequest,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': wire.streamType ?? 'text/event-stream' });
  response.flushHeaders();
  for (const [index, event] of wire.events(reply, request, reply).entries()) {
    if (index === reply.cutAfterEvents) return void response.destroy();
    if (index === reply.silentAfterEvents) return void (await request.ended);
    if (reply.pieceDelayMs !== undefined) await delay(reply.pieceDelayMs);
    if (response.destroyed) return;
    await writePiece(response, event);
  }
  response.end();
}

/** Waits until the piece is handed to the kernel, so that a cut comes after it and not instead of it. */
async function writePiece(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => response.write(piece, () => resolve()));
}

function sendHttp(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
