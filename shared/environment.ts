import { resolve } from 'node:path';
import { z } from 'zod';
import { closestName } from './closest-name.ts';
import { TrimtabError } from './errors.ts';

/** Environment variables as the operating system gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The settings of one process, from its environment. Everything else is configured in the file at `configPath`. */
export interface Environment {
  /** PostgreSQL to use; without it `trimtab up` runs its own inside `dataDir`. */
  readonly databaseUrl?: string | undefined;
  /** Redis for the queues; without it they live in PostgreSQL. */
  readonly redisUrl?: string | undefined;
  /** Absolute. Spool, keys, embedded PostgreSQL: all state of this machine. */
  readonly dataDir: string;
  /** Absolute path of `trimtab.yaml`. */
  readonly configPath: string;
  /** Address that every service listens on; loopback unless told otherwise. */
  readonly host: string;
  readonly ports: ServicePorts;
  readonly logLevel: LogLevel;
  readonly otlpEndpoint?: string | undefined;
  /** Folder of the recorded public data that benches and `*.real.test.ts` read. */
  readonly realDataDir?: string | undefined;
  readonly adminToken?: string | undefined;
  readonly project: string;
  /** Every variable as given: provider keys that the config file names, and what child processes inherit. */
  readonly variables: Variables;
}

export interface ServicePorts {
  readonly gateway: number;
  readonly optimizer: number;
  readonly evaluator: number;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

const OWN_PREFIX = 'TRIMTAB_';

const port = (fallback: number) =>
  z.coerce
    .number('expected a port number')
    .int('expected a whole port number')
    .min(0, 'expected a port from 0 (any free one) to 65535')
    .max(65_535, 'expected a port from 0 (any free one) to 65535')
    .default(fallback);

const url = (...protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `expected an address that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
    .optional();

const SCHEMA = z.object({
  DATABASE_URL: url('postgres:', 'postgresql:'),
  REDIS_URL: url('redis:', 'rediss:'),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:'),
  TRIMTAB_DATA_DIR: z.string().default('.trimtab'),
  TRIMTAB_CONFIG: z.string().default('trimtab.yaml'),
  TRIMTAB_GATEWAY_PORT: port(7400),
  TRIMTAB_OPTIMIZER_PORT: port(7401),
  TRIMTAB_EVALUATOR_PORT: port(7402),
  TRIMTAB_REAL_DATA: z.string().optional(),
  TRIMTAB_ADMIN_TOKEN: z.string().optional(),
  TRIMTAB_PROJECT: z.string().default('default'),
});

export type KnownVariable = keyof typeof SCHEMA.shape;

const KNOWN_OWN = Object.keys(SCHEMA.shape).filter((name) => name.startsWith(OWN_PREFIX));

/**
 * Reads the settings of this process; an empty variable counts as not set.
 * Throws `invalid_config` naming each bad variable, and for an unknown `TRIMTAB_` one the name it most likely means:
 * a misspelled setting that is quietly ignored is found out in production. Values are never repeated in the message,
 * some are secrets.
 */
export function readEnvironment(variables: Variables, workingFolder: string = process.cwd()): Environment {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = SCHEMA.safeParse(given);
  const problems = Object.keys(given)
    .filter((name) => name.startsWith(OWN_PREFIX) && !KNOWN_OWN.includes(name))
    .map((name) => `${name} is not a setting of Trimtab; did you mean ${closestName(name, KNOWN_OWN)}?`);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (!parsed.success || problems.length > 0) throw new TrimtabError('invalid_config', problems.join('\n'));

  const settings = parsed.data;
  return {
    databaseUrl: settings.DATABASE_URL,
    redisUrl: settings.REDIS_URL,
    dataDir: resolve(workingFolder, settings.TRIMTAB_DATA_DIR),
    configPath: resolve(workingFolder, settings.TRIMTAB_CONFIG),
    host: settings.HOST,
    ports: {
      gateway: settings.TRIMTAB_GATEWAY_PORT,
      optimizer: settings.TRIMTAB_OPTIMIZER_PORT,
      evaluator: settings.TRIMTAB_EVALUATOR_PORT,
    },
    logLevel: settings.LOG_LEVEL,
    otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    realDataDir:
      settings.TRIMTAB_REAL_DATA === undefined ? undefined : resolve(workingFolder, settings.TRIMTAB_REAL_DATA),
    adminToken: settings.TRIMTAB_ADMIN_TOKEN,
    project: settings.TRIMTAB_PROJECT,
    variables,
  };
}
