import { createServer } from 'node:net';

/** True when nothing listens on that port of the address. Another process may take it a moment later. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await bind(port, host)) !== undefined;
}

/** A port that is free now, chosen by the operating system. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const port = await bind(0, host);
  if (port === undefined) throw new Error(`no free port on ${host}`);
  return port;
}

/** The port that could be bound, and is free again; undefined when it is taken. Other failures (no such address) throw. */
function bind(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? undefined) : undefined));
    });
  });
}
