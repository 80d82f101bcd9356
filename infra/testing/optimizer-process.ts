import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '#shared/environment.ts';
import { createServiceSpecs } from '../service-specs.ts';
import { createStatementGate, type StatementGate } from './statement-gate.ts';

/** An optimizer in a process of its own, as `trimtab up` starts it, behind a gate of its own. */
export interface OptimizerProcess {
  readonly gate: StatementGate;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** What it wrote, for the message of a test that failed. */
  output(): string;
}

export interface OptimizerProcessOptions {
  /** Of the test; holds configurations, the compile cache and outputs. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  readonly project: string;
  /** How often it looks whether there is a run to take up, in milliseconds. */
  readonly lookEveryMs: number;
}

let started = 0;

export async function startOptimizerProcess(options: OptimizerProcessOptions): Promise<OptimizerProcess> {
  started += 1;
  const name = `optimizer-${started}`;
  const { folder, project, redisUrl } = options;
  const url = new URL(options.databaseUrl);
  const gate = await createStatementGate({ port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(gate.port);
  const configPath = join(folder, `${name}.yaml`);
  writeFileSync(configPath, JSON.stringify(configOf(project, options.lookEveryMs)));
  const variables = {
    ...{ PATH: process.env['PATH'] ?? '', OPENAI_API_KEY: 'test', LOG_LEVEL: 'info' },
    ...{ DATABASE_URL: url.href, TRIMTAB_DATA_DIR: folder, TRIMTAB_CONFIG: configPath },
    ...{ TRIMTAB_ADMIN_TOKEN: 'test-admin-token', TRIMTAB_OPTIMIZER_PORT: '0' },
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  };
  const spec = (await createServiceSpecs(readEnvironment(variables))).find(({ name }) => name === 'optimizer');
  if (spec === undefined) throw new Error('there is no optimizer among the services');
  const outputPath = join(folder, `${name}.log`);
  const output = openSync(outputPath, 'a');
  const child = spawn(process.execPath, [...(spec.nodeOptions ?? []), spec.entry], {
    env: { ...variables, ...spec.environment },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const exit = once(child, 'exit');
  return {
    gate,
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    output: () => readFileSync(outputPath, 'utf8'),
  };
}

function configOf(project: string, lookEveryMs: number): unknown {
  return {
    project,
    providers: { openai: { apiKey: `\${OPENAI_API_KEY}` } },
    models: [
      { id: 'steady', provider: 'openai', price: { input: 2, output: 8 } },
      { id: 'cheap', provider: 'openai', price: { input: 0.2, output: 0.8 } },
    ],
    routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'steady', weight: 1 }], fallbacks: ['cheap'] }],
    optimizer: { controllerInterval: `${lookEveryMs}ms` },
  };
}
