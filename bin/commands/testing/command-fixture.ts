import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { readEnvironment, type Variables } from '#shared/environment.ts';
import { freePort } from '#shared/free-port.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { runProgram } from '../run-program.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document of `--json`. */
  json(): unknown;
}

/** A migrated database and a folder with a configuration, beside which commands run in this process. */
export interface CommandFixture {
  readonly database: Database;
  readonly connectionString: string;
  readonly folder: string;
  readonly configPath: string;
  writeConfig(text: string): void;
  run(argv: readonly string[], more?: RunOptions): Promise<CommandResult>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly variables?: Variables;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly onOutput?: (text: string) => void;
}

export const CONFIG = `
providers:
  local: { format: openai-chat, baseUrl: "http://127.0.0.1:9/v1", network: private }
models:
  - { id: steady, provider: local, aliases: [claude-haiku-4-5], price: { input: 2, output: 8 } }
  - { id: cheap, provider: local, price: { input: 0.2, output: 0.8 } }
routes:
  - { match: { model: "claude-*" }, targets: [{ model: steady, weight: 1 }], fallbacks: [cheap] }
`;

export async function createCommandFixture(): Promise<CommandFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-commands-'));
  const configPath = join(folder, 'trimtab.yaml');
  writeFileSync(configPath, CONFIG);
  const testDatabase = await createTestDatabase();
  const pool = createPool({ connectionString: testDatabase.connectionString, role: 'owner', poolMax: 2 });
  const base = {
    DATABASE_URL: testDatabase.connectionString,
    TRIMTAB_CONFIG: configPath,
    TRIMTAB_DATA_DIR: join(folder, 'data'),
    // Nothing listens there: no command may meet a system that runs on this machine by chance.
    TRIMTAB_GATEWAY_PORT: String(await freePort()),
    TRIMTAB_OPTIMIZER_PORT: String(await freePort()),
    TRIMTAB_EVALUATOR_PORT: String(await freePort()),
  };
  return {
    database: createDatabase(pool),
    connectionString: testDatabase.connectionString,
    folder,
    configPath,
    writeConfig: (text) => writeFileSync(configPath, text),
    run: (argv, more = {}) => run(argv, { ...base, ...more.variables }, more),
    async close() {
      await pool.end();
      await testDatabase.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function run(argv: readonly string[], variables: Variables, more: RunOptions): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' };
  const collect = (name: keyof typeof output) =>
    new Writable({
      write(chunk, _encoding, done) {
        output[name] += String(chunk);
        more.onOutput?.(String(chunk));
        done();
      },
    });
  const code = await runProgram(argv, {
    environment: readEnvironment(variables),
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    stdin: new PassThrough(),
    now: more.now ?? Date.now,
    signal: more.signal ?? new AbortController().signal,
  });
  return { code, ...output, json: () => JSON.parse(output.stdout) as unknown };
}
