import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createPool } from '#shared/database/connect.ts';
import { readEnvironment } from '#shared/environment.ts';
import { freePort } from '#shared/free-port.ts';
import type { ServiceSpec } from '../child-service.ts';
import { runSupervisor } from '../supervisor.ts';

// A supervising process for the tests that kill one: it runs two scripted services and reports by lines of JSON.
const [fallbackRoot = '', script = 'serve', stopGraceMs = '10000'] = process.argv.slice(2);

async function specOf(name: string): Promise<ServiceSpec> {
  const port = await freePort();
  const entry = fileURLToPath(new URL('./scripted-service.ts', import.meta.url));
  const environment = { PORT: String(port), SCRIPT: script, SERVICE: name };
  return { name, entry, port, portSetting: 'PORT', environment };
}

async function migrate(databaseUrl: string): Promise<void> {
  const pool = createPool({ connectionString: databaseUrl, role: 'owner', poolMax: 1 });
  await pool.query('create table if not exists note (id bigserial, service text, event text)');
  await pool.end();
}

const report = (value: unknown) => console.log(JSON.stringify(value));
const environment = readEnvironment(process.env);
try {
  process.exitCode = await runSupervisor({
    environment,
    log: pino({ level: environment.logLevel }, pino.destination(2)),
    fallbackRoot,
    migrate,
    services: [await specOf('first'), await specOf('second')],
    timing: { restartDelayMinMs: 10, stopGraceMs: Number(stopGraceMs), startAttemptsMax: 2 },
    print: (line) => report({ line }),
    announce: (supervisor) =>
      report({
        databaseUrl: supervisor.databaseUrl(),
        adopted: supervisor.adopted,
        services: supervisor.services.map(({ name, address, pid }) => ({ name, address, pid: pid() })),
      }),
  });
} catch (error) {
  report({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
