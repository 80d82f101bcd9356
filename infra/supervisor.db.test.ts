import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPool } from '#shared/database/connect.ts';
import { readEnvironment } from '#shared/environment.ts';
import { commandLines, isRunning, type ProcessRecord, recordOf } from '#shared/process-identity.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { embeddedConnectionString } from './embedded-settings.ts';
import { startSupervisor } from './start-supervisor.ts';
import { eventually } from './testing/eventually.ts';
import { type SupervisedProcess, type SupervisedReport, supervise } from './testing/supervised-process.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const log = pino({ level: 'silent' });

describe('runSupervisor', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  let dataDir: string;
  let fallbackRoot: string;
  let running: SupervisedProcess[];
  let seen: ProcessRecord[];

  beforeEach(() => {
    temporary = temporaryFolder();
    dataDir = join(temporary.path, 'data');
    fallbackRoot = join(temporary.path, 'fallback');
    running = [];
    seen = [];
  });
  afterEach(async () => {
    for (const { child, exit } of running) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exit;
    }
    for (const { pid } of seen.filter(isRunning)) process.kill(pid, 'SIGKILL');
    // A test that killed its supervisor leaves the database server; this takes it over and stops it.
    if (existsSync(join(dataDir, 'postgres')))
      await (await startEmbeddedPostgres({ dataDir, log, fallbackRoot })).stop();
    temporary.remove();
  });

  function begin(options: { readonly script?: string; readonly stopGraceMs?: number } = {}): SupervisedProcess {
    const started = supervise({ dataDir, fallbackRoot, ...options });
    running.push(started);
    return started;
  }

  function processesOf({ services, databaseUrl }: SupervisedReport) {
    const port = new URL(databaseUrl).port;
    const postmaster = [...commandLines()].find(
      ([, command]) => command.includes(`-D ${dataDir}`) && command.includes(`-p ${port}`),
    );
    const pids = [...services.map((service) => service.pid), postmaster?.[0] ?? 0];
    const records = pids.map((pid) => recordOf(pid));
    seen.push(...records.filter((record) => record !== undefined));
    return records;
  }

  async function notes(): Promise<readonly string[]> {
    const server = await startEmbeddedPostgres({ dataDir, log, fallbackRoot });
    const pool = createPool({ connectionString: server.connectionString, role: 'owner', poolMax: 1 });
    const { rows } = await pool.query<{ note: string }>(`select service || ' ' || event as note from note order by id`);
    await pool.end();
    await server.stop();
    return rows.map((row) => row.note);
  }

  async function answers(address: string): Promise<boolean> {
    return fetch(`${address}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  it('brings all up, and on Ctrl-C stops the services first, then the database, and leaves no process', async () => {
    const supervisor = begin();
    const report = await supervisor.first;
    const processes = processesOf(report);
    expect(processes.every((record) => record !== undefined)).toBe(true);
    for (const { address } of report.services) expect(await answers(address)).toBe(true);

    supervisor.child.kill('SIGINT');
    // npm passes the same press on a moment later; it must not count as the second one.
    await supervisor.stopping;
    supervisor.child.kill('SIGINT');
    expect(await supervisor.exit).toBe(0);
    expect(processes.filter((record) => record !== undefined && isRunning(record))).toEqual([]);
    expect(existsSync(join(dataDir, 'supervisor.lock'))).toBe(false);
    expect([...(await notes())].sort()).toEqual(['first started', 'first stopped', 'second started', 'second stopped']);
  });

  it('starts a killed service again, at the same address, and leaves the other alone', async () => {
    const report = await begin().first;
    const [first, second] = processesOf(report);
    process.kill(first!.pid, 'SIGKILL');
    await eventually('the killed one is gone', () => !isRunning(first!));
    await eventually('it answers again', () => answers(report.services[0]!.address));
    expect(isRunning(second!)).toBe(true);
  });

  it('starts the database again when its server is killed, at the same address', async () => {
    const report = await begin().first;
    const postmaster = processesOf(report).at(-1)!;
    process.kill(postmaster.pid, 'SIGKILL');
    await eventually('the killed one is gone', () => !isRunning(postmaster));
    const pool = createPool({ connectionString: report.databaseUrl, role: 'owner', poolMax: 1 });
    const answer = await eventually('it answers again', () => pool.query('select 1 as one').catch(() => undefined));
    expect(answer.rows).toEqual([{ one: 1 }]);
    await pool.end();
    expect(embeddedConnectionString(dataDir)).toBe(report.databaseUrl);
  });

  it('after kill -9, has its services end by themselves, and the next start takes the database over', async () => {
    const killed = begin();
    const report = await killed.first;
    const processes = processesOf(report);
    killed.child.kill('SIGKILL');
    expect(await killed.exit).toBe('SIGKILL');
    await eventually('the services noticed', () => processes.slice(0, -1).every((record) => !isRunning(record!)));
    expect(isRunning(processes.at(-1)!)).toBe(true);

    const successor = begin();
    const next = await successor.first;
    expect(next.adopted).toBe(true);
    expect(next.databaseUrl).toBe(report.databaseUrl);
    successor.child.kill('SIGTERM');
    expect(await successor.exit).toBe(0);
    expect(isRunning(processes.at(-1)!)).toBe(false);
    expect((await notes()).filter((note) => note.endsWith('stopped'))).toHaveLength(4);
  });

  it('stops services of a killed predecessor that did not notice, before it starts its own', async () => {
    const killed = begin({ script: 'stay' });
    const left = processesOf(await killed.first);
    killed.child.kill('SIGKILL');
    await killed.exit;
    expect(left.every((record) => isRunning(record!))).toBe(true);
    expect((await begin().first).adopted).toBe(true);
    expect(left.slice(0, -1).filter((record) => isRunning(record!))).toEqual([]);
  });

  it('refuses a second supervisor on the same folder and names the first', async () => {
    const first = begin();
    const report = await first.first;
    const second = begin();
    expect((await second.first).error).toContain(`already runs on ${dataDir} (process ${first.child.pid})`);
    expect(await second.exit).toBe(1);
    for (const { address } of report.services) expect(await answers(address)).toBe(true);
  });

  it('ends a service by force that ignores SIGTERM, after the grace', async () => {
    const supervisor = begin({ script: 'ignore-sigterm', stopGraceMs: 300 });
    const processes = processesOf(await supervisor.first);
    supervisor.child.kill('SIGTERM');
    expect(await supervisor.exit).toBe(0);
    expect(processes.filter((record) => isRunning(record!))).toEqual([]);
  });

  it('ends everything at once at the second Ctrl-C', async () => {
    const supervisor = begin({ script: 'ignore-sigterm', stopGraceMs: 600_000 });
    const processes = processesOf(await supervisor.first);
    supervisor.child.kill('SIGINT');
    const presses = setInterval(() => supervisor.child.kill('SIGINT'), 100);
    // A press while the runtime winds down finds no handler any more: to a shell that is 130, too.
    expect([130, 'SIGINT']).toContain(await supervisor.exit);
    clearInterval(presses);
    // A killed process is there until the system has taken it away.
    await eventually('nothing of it runs any more', () => processes.every((record) => !isRunning(record!)));
  });

  it('gives up when a service never gets ready, says which, and stops what it had started', async () => {
    const supervisor = begin({ script: 'fail' });
    expect((await supervisor.first).error).toMatch(/(first|second) ended with code 3 before it was ready, 2 times/);
    expect(await supervisor.exit).toBe(1);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('names the port that is in use and the setting that changes it, before it starts anything', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const environment = readEnvironment({
      TRIMTAB_DATA_DIR: dataDir,
      TRIMTAB_GATEWAY_PORT: '0',
      TRIMTAB_OPTIMIZER_PORT: String(port),
      TRIMTAB_EVALUATOR_PORT: '0',
    });
    await expect(startSupervisor({ environment, log, fallbackRoot })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(new RegExp(`Port ${port} of 127.0.0.1, .*optimizer.* set TRIMTAB_OPTIMIZER_PORT`)),
    });
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    expect(existsSync(join(dataDir, 'supervisor.lock'))).toBe(false);
    squatter.close();
  });

  it('says which server does not answer when DATABASE_URL leads nowhere, without the password', async () => {
    const environment = readEnvironment({
      TRIMTAB_DATA_DIR: dataDir,
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x',
    });
    const failure = await startSupervisor({
      environment,
      log,
      services: [],
      timing: { databaseDeadlineMs: 100 },
    }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('127.0.0.1:1') });
    expect(String(failure)).not.toContain('hunter2');
  });

  it('uses the database of DATABASE_URL, migrates it, and leaves it running', async () => {
    const database = await createTestDatabase();
    const environment = readEnvironment({ TRIMTAB_DATA_DIR: dataDir, DATABASE_URL: database.connectionString });
    const prepared: string[] = [];
    const supervisor = await startSupervisor({
      environment,
      log,
      services: [],
      prepare: async (databaseUrl) => void prepared.push(databaseUrl),
    });
    expect(supervisor.embedded).toBe(false);
    expect(prepared).toEqual([database.connectionString]);
    await supervisor.stop();
    await supervisor.finished;
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const pool = createPool({ connectionString: database.connectionString, role: 'owner', poolMax: 1 });
    expect((await pool.query('select count(*) from policy_pointer')).rowCount).toBe(1);
    await pool.end();
    await database.drop();
  });

  it('runs prepare between the migrations and the services, and undoes everything when it fails', async () => {
    const order: string[] = [];
    const environment = readEnvironment({ TRIMTAB_DATA_DIR: dataDir });
    const start = startSupervisor({
      environment,
      log,
      fallbackRoot,
      services: [],
      migrate: async () => void order.push('migrate'),
      prepare: async () => {
        order.push('prepare');
        throw new Error('bad governance');
      },
    });
    await expect(start).rejects.toThrow('bad governance');
    expect(order).toEqual(['migrate', 'prepare']);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(existsSync(join(dataDir, 'supervisor.lock'))).toBe(false);
  });
});
