import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrateAll } from '#shared/database/migrate.ts';
import type { Environment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { acquireFolderLock, type FolderLock } from '#shared/folder-lock.ts';
import { isPortFree } from '#shared/free-port.ts';
import { type ChildService, type ServiceSpec, startChildService } from './child-service.ts';
import { openDataFolder } from './data-folder.ts';
import { databaseUrlOf, type Holdings, stopHoldings } from './holdings.ts';
import { keepDatabase } from './keep-database.ts';
import type { Log } from './log.ts';
import { openDatabase } from './open-database.ts';
import { addressOf, createServiceSpecs } from './service-specs.ts';
import { stopProcesses } from './stop-processes.ts';
import { SUPERVISION_TIMING, type SupervisionTiming } from './supervision-timing.ts';

export interface SupervisorOptions {
  readonly environment: Environment;
  readonly log: Log;
  /** Runs after the migrations and before any service: governance import, first-run keys. */
  readonly prepare?: (databaseUrl: string) => Promise<void>;
  /** All migrations; by default ours and BullMQ's. */
  readonly migrate?: (databaseUrl: string) => Promise<unknown>;
  /** By default gateway, optimizer and evaluator. */
  readonly services?: readonly ServiceSpec[];
  /** Folder for the services' output; without it they write where the supervisor does. */
  readonly logFolder?: string;
  readonly timing?: Partial<SupervisionTiming>;
  /** Where root keeps what PostgreSQL's user must reach (see `startEmbeddedPostgres`). */
  readonly fallbackRoot?: string;
}

interface RunningService {
  readonly name: string;
  readonly address: string;
  /** Undefined while it is between two lives. */
  pid(): number | undefined;
}

export interface Supervisor {
  databaseUrl(): string;
  readonly embedded: boolean;
  /** True when the database server of a killed predecessor was taken over. */
  readonly adopted: boolean;
  readonly services: readonly RunningService[];
  /** Settles when all is stopped; rejects when it had to stop because something cannot run any more. */
  readonly finished: Promise<void>;
  /** Services first, the database after them. */
  stop(): Promise<void>;
  /** Ends services and database at once, while `stop` is under way. */
  force(): void;
}

function lockFolder(dataDir: string): FolderLock {
  const outcome = acquireFolderLock(join(dataDir, 'supervisor.lock'));
  if (outcome.type === 'acquired') return outcome.lock;
  throw new TrimtabError(
    'conflict',
    `Trimtab already runs on ${dataDir} (process ${outcome.pid}). Stop it first, or choose another folder with TRIMTAB_DATA_DIR.`,
  );
}

async function requireFreePorts(specs: readonly ServiceSpec[], host: string): Promise<void> {
  for (const { name, port, portSetting } of specs) {
    if (await isPortFree(port, host)) continue;
    throw new TrimtabError(
      'conflict',
      `Port ${port} of ${host}, where the ${name} is to listen, is in use. Stop what uses it, or set ${portSetting} to another port.`,
    );
  }
}

function startServices(
  specs: readonly ServiceSpec[],
  options: SupervisorOptions,
  timing: SupervisionTiming,
  holdings: Holdings,
): void {
  const { environment, log, logFolder } = options;
  if (logFolder !== undefined) mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  const recordProcesses = () => {
    const records = holdings.services.map((service) => ({ name: service.name, record: service.current() }));
    holdings.lock.recordChildren(records.flatMap(({ name, record }) => (record ? [{ name, ...record }] : [])));
  };
  for (const spec of specs) {
    const service = startChildService(spec, {
      log,
      timing,
      address: addressOf(environment.host, spec.port),
      variables: () => ({ ...environment.variables, DATABASE_URL: databaseUrlOf(holdings) }),
      logFile: logFolder === undefined ? undefined : join(logFolder, `${spec.name}.log`),
      onProcess: recordProcesses,
    });
    holdings.services = [...holdings.services, service];
    recordProcesses();
  }
}

async function allReady(services: readonly ChildService[], signal: AbortSignal | undefined): Promise<void> {
  const stopped = Promise.withResolvers<never>();
  const onAbort = () => stopped.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([Promise.all(services.map((service) => service.ready)), stopped.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function createSupervisor(
  specs: readonly ServiceSpec[],
  host: string,
  holdings: Holdings,
  keep: (stopping: AbortSignal) => Promise<void>,
): Supervisor {
  const stopping = new AbortController();
  const finished = Promise.withResolvers<void>();
  // Whoever awaits it hears of a failure; nobody awaiting it must not end the process.
  finished.promise.catch(() => {});
  const keeping = keep(stopping.signal);

  async function finish(): Promise<void> {
    const kept = await keeping.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    await stopHoldings(holdings);
    if (kept === undefined) finished.resolve();
    else finished.reject(kept.error);
  }
  const ended = finish().catch((error: unknown) => finished.reject(error));

  return {
    databaseUrl: () => databaseUrlOf(holdings),
    embedded: holdings.database?.embedded ?? false,
    adopted: holdings.database?.adopted ?? false,
    services: specs.map(({ name, port }) => ({
      name,
      address: addressOf(host, port),
      pid: () => holdings.services.find((service) => service.name === name)?.current()?.pid,
    })),
    finished: finished.promise,
    stop() {
      stopping.abort();
      return ended;
    },
    force() {
      for (const service of holdings.services) service.kill();
      holdings.database?.force();
    },
  };
}

/**
 * Brings up everything on one data folder: database, migrations, `prepare`, then the services, and resolves when all
 * are ready. Whatever fails on the way, or `signal`, undoes what was started.
 * Throws `conflict` for a folder or a port that is taken, `invalid_config` with what to do.
 */
export async function startSupervisor(options: SupervisorOptions, signal?: AbortSignal): Promise<Supervisor> {
  const { environment, log } = options;
  const timing = { ...SUPERVISION_TIMING, ...options.timing };
  const dataDir = openDataFolder(environment.dataDir);
  const holdings: Holdings = { lock: lockFolder(dataDir), database: undefined, services: [] };
  const ownDatabase = {
    dataDir,
    log,
    ...(options.fallbackRoot === undefined ? {} : { fallbackRoot: options.fallbackRoot }),
  };
  const open = () => openDatabase(environment.databaseUrl, timing.databaseDeadlineMs, ownDatabase);
  try {
    await stopProcesses(holdings.lock.abandoned, timing.stopGraceMs);
    const specs = options.services ?? (await createServiceSpecs(environment));
    await requireFreePorts(specs, environment.host);
    const database = await open();
    holdings.database = database;
    signal?.throwIfAborted();
    await (options.migrate ?? migrateAll)(database.url);
    signal?.throwIfAborted();
    await options.prepare?.(database.url);
    signal?.throwIfAborted();
    startServices(specs, options, timing, holdings);
    await allReady(holdings.services, signal);
    return createSupervisor(specs, environment.host, holdings, (stopping) =>
      keepDatabase(holdings, open, stopping, { log, timing }),
    );
  } catch (error) {
    await stopHoldings(holdings);
    throw error;
  }
}
