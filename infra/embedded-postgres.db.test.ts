import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { getPriority } from 'node:os';
import { dirname, join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPool } from '#shared/database/connect.ts';
import { processIdentity } from '#shared/process-identity.ts';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts';
import { embeddedConnectionString, readEmbeddedSettings } from './embedded-settings.ts';
import { eventually } from './testing/eventually.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const log = pino({ level: 'silent' });
const isRoot = process.getuid?.() === 0;
const STARTER = new URL('./embedded-postgres.ts', import.meta.url).href;

async function query(connectionString: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const pool = createPool({ connectionString, role: 'owner', poolMax: 1 });
  try {
    return (await pool.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await pool.end();
  }
}

describe('startEmbeddedPostgres', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  let dataDir: string;
  let fallbackRoot: string;
  let started: EmbeddedPostgres[];

  beforeEach(() => {
    temporary = temporaryFolder();
    dataDir = join(temporary.path, 'data');
    fallbackRoot = join(temporary.path, 'fallback');
    started = [];
  });
  afterEach(async () => {
    for (const server of started) await server.stop();
    temporary.remove();
  });

  async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir, log, fallbackRoot, ...options });
    started.push(server);
    return server;
  }

  /** Runs the start in a process of its own, for tests that kill it. */
  function startElsewhere() {
    const code = `
      const { startEmbeddedPostgres } = await import(${JSON.stringify(STARTER)});
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const server = await startEmbeddedPostgres({ ...${JSON.stringify({ dataDir, fallbackRoot })}, log });
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    return spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  it('makes a UTF-8 PostgreSQL 18 on loopback, for 200 connections, with a password only its owner can read', async () => {
    const server = await start();
    const [row] = await query(
      server.connectionString,
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('max_connections') as connections,
        current_setting('server_encoding') as encoding, current_setting('listen_addresses') as listen,
        current_user as name, current_database() as database`,
    );
    expect(row).toEqual({
      major: 18,
      connections: '200',
      encoding: 'UTF8',
      listen: '127.0.0.1',
      name: 'trimtab',
      database: 'trimtab',
    });
    expect(server.adopted).toBe(false);
    expect(statSync(join(dataDir, 'postgres.json')).mode & 0o077).toBe(0);
    expect(embeddedConnectionString(dataDir)).toBe(server.connectionString);
    const wrong = new URL(server.connectionString);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  it('lets calls go first where processors are short', async () => {
    const server = await start();
    expect(getPriority(server.pid)).toBeGreaterThan(getPriority(process.pid));
  });

  it('resumes on the same data and the same port at the second start', async () => {
    const first = await start();
    await query(first.connectionString, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start();
    expect(second.connectionString).toBe(first.connectionString);
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('moves to another port, and remembers it, when the old one is taken', async () => {
    const first = await start();
    const port = Number(new URL(first.connectionString).port);
    await first.stop();
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    const second = await start();
    expect(Number(new URL(second.connectionString).port)).not.toBe(port);
    expect(embeddedConnectionString(dataDir)).toBe(second.connectionString);
    expect(await query(second.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
    squatter.close();
  });

  it('refuses a second starter while the first one runs', async () => {
    await start();
    await expect(start()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(String(process.pid)),
    });
  });

  it('takes over the server of a starter that was killed', async () => {
    const starter = startElsewhere();
    const [line] = await once(starter.stdout, 'data');
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const server = await start();
    expect(server.adopted).toBe(true);
    expect(server.pid).toBe(Number(String(line)));
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(processIdentity(server.pid)).toBeUndefined();
  });

  it('stops the server of a killed starter that ran with other settings', async () => {
    const starter = startElsewhere();
    const [line] = await once(starter.stdout, 'data');
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const server = await start({ settings: { work_mem: '5MB' } });
    expect(server.adopted).toBe(false);
    expect(processIdentity(Number(String(line)))).toBeUndefined();
    expect(await query(server.connectionString, 'show work_mem')).toEqual([{ work_mem: '5MB' }]);
  });

  it('makes a whole database after a start that was killed in the middle of making one', async () => {
    const starter = startElsewhere();
    const draft = await eventually('initdb has written PG_VERSION', () => {
      const names = existsSync(dataDir) ? readdirSync(dataDir) : [];
      const name = names.find((one) => one.includes('.initialising-'));
      return name !== undefined && existsSync(join(dataDir, name, 'data', 'PG_VERSION')) ? name : undefined;
    });
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const server = await start();
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(readdirSync(dataDir)).not.toContain(draft);
  });

  it('recovers after the server itself was killed while in use', async () => {
    const first = await start();
    await query(first.connectionString, 'create table kept as select 42 as answer');
    const pool = createPool({ connectionString: first.connectionString, role: 'owner', poolMax: 1 });
    const interrupted = pool.query('select pg_sleep(600)').catch((error: Error) => error);
    await eventually('the query runs', async () => {
      const running = await query(
        first.connectionString,
        `select 1 from pg_stat_activity where query like '%sleep(600)'`,
      );
      return running.length > 0;
    });
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    expect(await interrupted).toBeInstanceOf(Error);
    await first.stop();
    const second = await start();
    expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await pool.end();
  });

  it('is not fooled by a lock file whose process number now belongs to something else', async () => {
    const first = await start();
    await first.stop();
    const pgdata = join(dataDir, 'postgres');
    writeFileSync(join(pgdata, 'postmaster.pid'), `${process.pid}\n${pgdata}\n1\n5432\n\n127.0.0.1\n\nready\n`);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('leaves the original alone when a data folder was copied while its server ran', async () => {
    const original = await start();
    const copy = join(temporary.path, 'copy');
    cpSync(dataDir, copy, { recursive: true, filter: (source) => !source.endsWith('.lock') });
    const { uid, gid } = statSync(join(dataDir, 'postgres'));
    execFileSync('chown', ['-R', `${uid}:${gid}`, join(copy, 'postgres')]);
    const second = await start({ dataDir: copy });
    expect(second.adopted).toBe(false);
    expect(second.connectionString).not.toBe(original.connectionString);
    expect(await query(original.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses the files of another major version and folders that are no database, and keeps both', async () => {
    const pgdata = join(dataDir, 'postgres');
    await (await start()).stop();
    writeFileSync(join(pgdata, 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('PostgreSQL 17'),
    });
    expect(readFileSync(join(pgdata, 'PG_VERSION'), 'utf8')).toBe('17\n');
    expect(existsSync(join(pgdata, 'global', 'pg_control'))).toBe(true);

    const other = join(temporary.path, 'other');
    mkdirSync(join(other, 'postgres'), { recursive: true, mode: 0o755 });
    writeFileSync(join(other, 'postgres', 'thesis.txt'), 'three years of work');
    await expect(start({ dataDir: other })).rejects.toMatchObject({ code: 'invalid_config' });
    expect(readFileSync(join(other, 'postgres', 'thesis.txt'), 'utf8')).toBe('three years of work');
  });

  it.runIf(isRoot)(
    'as root, keeps the database elsewhere when the data folder is closed to others, and finds it again',
    async () => {
      mkdirSync(dataDir, { mode: 0o700 });
      const first = await start();
      const pgdata = readEmbeddedSettings(dataDir)?.pgdata ?? '';
      expect(dirname(dirname(pgdata))).toBe(fallbackRoot);
      expect(statSync(dataDir).mode & 0o777).toBe(0o700);
      await query(first.connectionString, 'create table kept as select 42 as answer');
      await first.stop();
      const second = await start();
      expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }]);
    },
  );

  it.runIf(isRoot)('as root, says what to do when an existing database was moved behind a closed door', async () => {
    await (await start()).stop();
    chmodSync(dataDir, 0o700);
    await expect(start()).rejects.toThrow(/cannot enter .*chmod o\+x/);
  });
});
