import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A model server that thinks for no time at all, as a process of its own: whatever a call takes beyond this is the way
 * there and back. It speaks Chat Completions; the model's name says how many pieces a stream has, and how far apart
 * (`bench-12-5`: twelve pieces, five milliseconds). Listens on the port of its first argument, or any, and announces it
 * on standard output.
 */
const TEXT = 'The patch keeps the retry budget per provider and records each attempt in order. '.repeat(6);
const USAGE = { prompt_tokens: 1_200, completion_tokens: 100, total_tokens: 1_300 };
const SHARED = { id: 'chatcmpl-bench', created: 1_760_000_000, model: 'bench' };
const NAME = /"model":"bench-(\d+)-(\d+)"/;
const HEAD_BYTES = 2_048;

const answer = Buffer.from(
  JSON.stringify({
    ...SHARED,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
    usage: USAGE,
  }),
);

function chunk(delta: object, more: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: null, ...more }];
  return `data: ${JSON.stringify({ ...SHARED, object: 'chat.completion.chunk', choices })}\n\n`;
}

const ENDING = `${chunk({}, { finish_reason: 'stop' })}data: ${JSON.stringify({ ...SHARED, object: 'chat.completion.chunk', choices: [], usage: USAGE })}\n\ndata: [DONE]\n\n`;

function stream(response: ServerResponse, pieces: number, gapMs: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ role: 'assistant', content: '' }));
  const startedAtMs = performance.now();
  let sent = 0;
  const next = (): void => {
    if (response.destroyed) return;
    if (sent === pieces) {
      response.end(ENDING);
      return;
    }
    response.write(chunk({ content: `piece ${sent} of the answer ` }));
    sent += 1;
    // By the clock and not by the last piece: a late timer must not put off all that follow.
    setTimeout(next, Math.max(0, startedAtMs + sent * gapMs - performance.now()));
  };
  next();
}

const server = createServer((request, response) => {
  const received: Buffer[] = [];
  request.on('data', (bytes: Buffer) => received.push(bytes));
  request.on('end', () => {
    const body = Buffer.concat(received);
    // Gateways write these fields first or last; a look at both ends finds them.
    const ends = `${body.toString('latin1', 0, HEAD_BYTES)} ${body.toString('latin1', Math.max(0, body.length - HEAD_BYTES))}`;
    const [, pieces, gapMs] = NAME.exec(ends) ?? [];
    if (/"stream":\s*true/.test(ends)) stream(response, Number(pieces ?? 1), Number(gapMs ?? 0));
    else response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
});
server.keepAliveTimeout = 0;
const port = Number(process.argv[2] ?? 0);
server.once('error', (error) => {
  console.error(
    `bench:gateway: nothing can listen on port ${port} (${error.message}); free it, or take another --upstream-port`,
  );
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
