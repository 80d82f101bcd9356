import { createServer } from 'node:http';
import { createPool } from '#shared/database/connect.ts';
import { watchParent } from '#shared/parent-watch.ts';

// A service for the supervisor's tests, told by SCRIPT what to do: `serve`, `fail`, `ignore-sigterm`, or `stay`
// (when the supervisor vanishes).
// It stops like a real one: it writes a last row, for which the database must still be there.
const { PORT, SCRIPT, DATABASE_URL = '', SERVICE } = process.env;

if (SCRIPT === 'fail') process.exit(3);

async function note(event: string): Promise<void> {
  const pool = createPool({ connectionString: DATABASE_URL, role: 'owner', poolMax: 1 });
  await pool.query('insert into note (service, event) values ($1, $2)', [SERVICE, event]);
  await pool.end();
}

const server = createServer((request, response) => {
  response.statusCode = request.url === '/readyz' ? 200 : 404;
  response.end();
});

async function stop(): Promise<void> {
  server.closeAllConnections();
  server.close();
  await note('stopped');
}

if (SCRIPT !== 'stay') watchParent(stop);

process.on('SIGTERM', () => {
  if (SCRIPT !== 'ignore-sigterm') void stop().then(() => process.exit(0));
});
await note('started');
server.listen(Number(PORT), '127.0.0.1');
