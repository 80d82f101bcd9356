import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '#shared/config/load-config.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import { readEnvironment } from '#shared/environment.ts';
import { createLog } from '#shared/log.ts';
import { createServiceSpecs } from '../../service-specs.ts';
import { startSupervisor } from '../../start-supervisor.ts';
import { DIRECT, PASS_THROUGH, type Target, TRIMTAB } from './target.ts';

export interface Targets {
  readonly targets: readonly Target[];
  stop(): Promise<void>;
}

/**
 * Starts the model server, the bare pass-through and a gateway as it is run, with a database of its own.
 *
 * @param upstreamPort where the model server listens; 0 for any free port
 */
export async function startTargets(models: readonly string[], upstreamPort: number): Promise<Targets> {
  const stopping: (() => Promise<unknown> | unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopOne of stopping.toReversed()) await stopOne();
  };
  try {
    const upstream = await startScript(new URL('./upstream-process.ts', import.meta.url), [String(upstreamPort)]);
    stopping.push(upstream.stop);
    const upstreamUrl = `http://127.0.0.1:${upstream.port}`;
    const passThrough = await startScript(new URL('./pass-through-process.ts', import.meta.url), [upstreamUrl]);
    stopping.push(passThrough.stop);
    const gateway = await startGateway(upstreamUrl, models);
    stopping.push(gateway.stop);
    const modelTemplate = '{model}';
    const openai = { format: 'openai' as const, path: '/v1/chat/completions', headers: {}, modelTemplate };
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': gateway.key };
    return {
      targets: [
        { name: DIRECT, port: upstream.port, pid: upstream.pid, ...openai },
        { name: PASS_THROUGH, port: passThrough.port, pid: passThrough.pid, ...openai },
        {
          ...{ name: TRIMTAB, port: gateway.port, pid: gateway.pid },
          ...{ format: 'anthropic', path: '/v1/messages', headers, modelTemplate },
        },
      ],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface RunningScript {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

async function startScript(script: URL, args: readonly string[]): Promise<RunningScript> {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const over = new AbortController();
  const exited = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error(`${fileURLToPath(script)} ended before it had a port`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited])) as [string];
  exited.catch(() => {});
  over.abort();
  return { port: Number(line), pid: child.pid ?? 0, stop: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}

interface RunningGateway extends RunningScript {
  readonly key: string;
}

async function startGateway(upstreamUrl: string, models: readonly string[]): Promise<RunningGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-bench-'));
  // PostgreSQL's user has to get through when the bench runs as root.
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'data'), { mode: 0o711 });
  const configPath = join(folder, 'trimtab.yaml');
  writeFileSync(configPath, JSON.stringify(configOf(upstreamUrl, models)));
  const environment = readEnvironment({
    ...process.env,
    ...{ DATABASE_URL: undefined, REDIS_URL: undefined, LOG_LEVEL: 'warn' },
    ...{ TRIMTAB_CONFIG: configPath, TRIMTAB_DATA_DIR: join(folder, 'data') },
    ...{ TRIMTAB_GATEWAY_PORT: '0', TRIMTAB_OPTIMIZER_PORT: '0', TRIMTAB_EVALUATOR_PORT: '0' },
  });
  let key = '';
  const supervisor = await startSupervisor({
    environment,
    log: createLog('bench', 'warn'),
    // The gateway alone: what scores its calls is another process, and can be on another machine.
    services: (await createServiceSpecs(environment)).filter(({ name }) => name === 'gateway'),
    prepare: async (databaseUrl) => {
      key = await prepare(databaseUrl, configPath);
    },
  });
  const [gateway] = supervisor.services;
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { port: Number(new URL(gateway?.address ?? '').port), pid: gateway?.pid() ?? 0, key, stop };
}

function configOf(upstreamUrl: string, models: readonly string[]): object {
  return {
    providers: { bench: { format: 'openai-chat', baseUrl: `${upstreamUrl}/v1`, network: 'private' } },
    models: models.map((id) => ({ id, provider: 'bench', price: { input: 1, output: 1 } })),
    routes: models.map((model) => ({ match: { model }, targets: [{ model, weight: 1 }] })),
  };
}

async function prepare(databaseUrl: string, configPath: string): Promise<string> {
  const pool = createPool({ connectionString: databaseUrl, role: 'admin', poolMax: 1 });
  try {
    const database = createDatabase(pool);
    const config = await loadConfig(configPath, {});
    await importGovernance(database, config, `file:${configPath}`);
    return (await createKeyStore(database).create({ projectId: config.project, name: 'bench' })).secret;
  } finally {
    await pool.end();
  }
}
