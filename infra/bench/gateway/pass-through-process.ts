import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/**
 * The least that a proxy in Node can do, as a process of its own: bytes in, bytes out, nothing parsed, nothing kept, no
 * key asked for. It is the measure of what a gateway adds. Takes its upstream as an argument, and announces its port on
 * standard output.
 */
const CONNECTIONS_MAX = 256;
const pool = new Pool(process.argv[2] ?? '', { connections: CONNECTIONS_MAX, pipelining: 1 });

const server = createServer((request, response) => {
  const received: Buffer[] = [];
  request.on('data', (bytes: Buffer) => received.push(bytes));
  request.on('end', () => {
    const body = Buffer.concat(received);
    const headers = { 'content-type': 'application/json' };
    pool.request({ method: 'POST', path: request.url ?? '/', headers, body }).then(
      (answer) => {
        response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) });
        answer.body.pipe(response);
      },
      () => response.writeHead(502).end(),
    );
  });
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
