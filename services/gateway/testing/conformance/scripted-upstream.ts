import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '#shared/formats/json-object.ts';
import type { AnswerContext } from './answer.ts';
import { COLUMNS, type Column, type ColumnName } from './columns.ts';
import type { Received, Script, ScriptChoice } from './script.ts';

/** What a column's upstream does now. */
interface Stage {
  readonly choose: ScriptChoice | null;
  /** Cuts the bytes of a stream at places that no event ends at. */
  readonly isShredded: boolean;
}

/** Scripted servers of every column behind one address. */
export interface ScriptedUpstream {
  readonly origin: string;
  /** Sets what the next requests to a column get; null when none should come. */
  set(column: ColumnName, choose: ScriptChoice | null, isShredded?: boolean): void;
  /** Requests to a column since the last `set`. */
  received(column: ColumnName): readonly Received[];
  close(): Promise<void>;
}

/** The most frames with which a format ends an answer. */
const FINISHING_FRAMES = 3;
/** Lengths of the pieces of a shredded stream: within characters, lines and events. */
const PIECES = [1, 2, 29, 1, 7, 3, 61, 5];

export async function createScriptedUpstream(): Promise<ScriptedUpstream> {
  const stages = new Map<string, Stage>();
  const received = new Map<string, Received[]>();
  const sockets = new Set<Socket>();
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, slug = '', ...rest] = new URL(incoming.url ?? '/', 'http://upstream').pathname.split('/');
    const column = COLUMNS.find((candidate) => candidate.slug === slug);
    if (column === undefined) return void response.writeHead(404).end();
    const request = await readRequest(incoming, response, column, `/${rest.join('/')}`);
    const before = received.get(column.name) ?? [];
    const index = before.push(request) - 1;
    const stage = stages.get(column.name);
    if (stage?.choose === undefined || stage.choose === null) {
      return sendJson(response, 500, {}, { error: { message: 'this line asks no upstream' } });
    }
    if (request.complaint !== null) {
      const { status, headers = {}, body } = column.wire.fault('invalid', request.complaint);
      return sendJson(response, status, headers, body);
    }
    const context = { model: modelOf(request), index };
    await play(column, stage.choose(request, column), context, request, response, stage.isShredded);
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((fault: unknown) => {
      // A script that throws is a fault of the line, and has to be seen as one.
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, {}, { error: { message: `the script failed: ${String(fault)}` } });
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(column, choose, isShredded = false) {
      stages.set(column, { choose, isShredded });
      received.set(column, []);
    },
    received: (column) => received.get(column) ?? [],
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  column: Column,
  path: string,
): Promise<Received> {
  const ended = new Promise<'answered' | 'cancelled'>((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? 'answered' : 'cancelled'));
  });
  const pieces: Buffer[] = [];
  for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
  const bodyText = Buffer.concat(pieces).toString('utf8');
  const body = JSON.parse(bodyText) as JsonObject;
  const isStream = body['stream'] === true || /stream/i.test(path);
  const complaint = column.path.test(path) ? column.refuse(body, path) : `no such path: ${path}`;
  return { path, headers: incoming.headers, bodyText, body, isStream, complaint, ended };
}

function modelOf({ body, path }: Received): string {
  const inPath = /\/models?\/([^/:]+)/.exec(path)?.[1];
  return typeof body['model'] === 'string' ? body['model'] : decodeURIComponent(inPath ?? '');
}

async function play(
  column: Column,
  script: Script,
  context: AnswerContext,
  request: Received,
  response: ServerResponse,
  isShredded: boolean,
): Promise<void> {
  if (script.type === 'fault') {
    const { status, headers = {}, body } = column.wire.fault(script.fault, script.message);
    return sendJson(response, script.status ?? status, { ...headers, ...script.headers }, body);
  }
  if (!request.isStream) {
    const body = script.type === 'verbatim' ? script.body : column.wire.body(script.answer, context);
    return await sendWhole(script, JSON.stringify(body), request, response);
  }
  const frames = script.type === 'verbatim' ? script.frames : column.wire.frames(script.answer, context);
  await sendStream(column, script, frames, request, response, isShredded);
}

async function sendWhole(
  script: Exclude<Script, { type: 'fault' }>,
  said: string,
  request: Received,
  response: ServerResponse,
): Promise<void> {
  const delivery = script.type === 'answer' ? (script.delivery ?? {}) : {};
  if (delivery.headersDelayMs !== undefined) await delay(delivery.headersDelayMs);
  const bytes = Buffer.from(delivery.garbageAfter === undefined ? said : '<html>Bad gateway</html>');
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  response.writeHead(200, headers);
  if (delivery.cutAfter === undefined && delivery.silentAfter === undefined) {
    response.end(bytes);
    return;
  }
  await write(response, bytes.subarray(0, bytes.length / 2));
  if (delivery.silentAfter !== undefined) await request.ended;
  response.destroy();
}

async function sendStream(
  column: Column,
  script: Exclude<Script, { type: 'fault' }>,
  frames: readonly Buffer[],
  request: Received,
  response: ServerResponse,
  isShredded: boolean,
): Promise<void> {
  const delivery = script.type === 'answer' ? (script.delivery ?? {}) : {};
  if (delivery.headersDelayMs !== undefined) await delay(delivery.headersDelayMs);
  if (response.destroyed) return;
  response.writeHead(200, { 'content-type': column.wire.streamType });
  response.flushHeaders();
  const { cutAfter, silentAfter, faultAfter, garbageAfter } = delivery;
  // A cut comes before what would finish the answer.
  const cut = cutAfter === undefined ? undefined : Math.min(cutAfter, Math.max(1, frames.length - FINISHING_FRAMES));
  const stop = cut ?? silentAfter ?? faultAfter?.frames ?? garbageAfter ?? frames.length;
  const whole = Buffer.concat(frames.slice(0, stop));
  if (isShredded) await writeShredded(response, whole);
  else await write(response, whole);
  if (faultAfter !== undefined) await write(response, column.wire.streamFault(faultAfter.message));
  if (garbageAfter !== undefined) await write(response, column.wire.garbage);
  if (silentAfter !== undefined) await request.ended;
  if (cutAfter === undefined && silentAfter === undefined) response.end();
  else response.destroy();
}

/** Waits until the piece is handed to the kernel, so that a cut comes after it and not instead of it. */
async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (bytes.length > 0) await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
}

async function writeShredded(response: ServerResponse, bytes: Buffer): Promise<void> {
  let start = 0;
  for (let turn = 0; start < bytes.length && !response.destroyed; turn += 1) {
    const length = PIECES[turn % PIECES.length] ?? 1;
    await write(response, bytes.subarray(start, start + length));
    await nextTurn();
    start += length;
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
