import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment, KnownVariable } from '#shared/environment.ts';
import { freePort } from '#shared/free-port.ts';
import type { ServiceSpec } from './child-service.ts';
import processSettings from './process-settings.json' with { type: 'json' };

const PORT_SETTINGS = {
  gateway: 'TRIMTAB_GATEWAY_PORT',
  optimizer: 'TRIMTAB_OPTIMIZER_PORT',
  evaluator: 'TRIMTAB_EVALUATOR_PORT',
} as const satisfies Record<string, KnownVariable>;

/**
 * With what Node and the C library run each service; plain data, because the launcher reads it under any Node.
 *
 * A request of an agent is a few hundred kilobytes of short-lived memory, whose bytes also count as memory of the old
 * generation: with its usual first limit that is searched all over at every fiftieth such request, for nothing. A young
 * generation of twice the size spares a little of the processor and takes 50 MB; one of a megabyte is collected fifteen
 * times as often and takes half as much of the processor again. That is what V8 makes of it by itself in quiet minutes,
 * and so the least size is the largest one.
 *
 * By itself glibc gives each of a process's dozen threads a heap of its own, and what one has freed is no use to the
 * others. Two or three of them work at once, and small pieces are taken from no heap but from what each thread keeps.
 */
const PROCESS_SETTINGS: Readonly<Record<ServiceName, ProcessSettings>> = processSettings;

interface ProcessSettings {
  readonly nodeOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** On a machine that is short of processors calls go first; what follows them has time. */
const NICENESS = { gateway: 0, optimizer: 10, evaluator: 10 } as const satisfies Record<string, number>;

type ServiceName = keyof typeof PORT_SETTINGS;
const NAMES = Object.keys(PORT_SETTINGS) as readonly ServiceName[];

/**
 * The three services of one machine. Each is told every port, and paths are absolute, so that all of them agree.
 * Port 0 is replaced by a free one here, because the services need to know each other's.
 */
export async function createServiceSpecs(environment: Environment): Promise<readonly ServiceSpec[]> {
  const ports = new Map<ServiceName, number>();
  for (const name of NAMES) {
    ports.set(name, environment.ports[name] === 0 ? await freePort(environment.host) : environment.ports[name]);
  }
  const shared = {
    HOST: environment.host,
    LOG_LEVEL: environment.logLevel,
    TRIMTAB_DATA_DIR: environment.dataDir,
    TRIMTAB_CONFIG: environment.configPath,
    // Stripping the types of all files takes a second and 50 MB in each process and thread; done once, it is read back.
    // The folder is this system's own, because what lies in it is run.
    NODE_COMPILE_CACHE: join(environment.dataDir, 'compile-cache'),
    ...Object.fromEntries(NAMES.map((name) => [PORT_SETTINGS[name], String(ports.get(name))])),
  };
  return NAMES.map((name) => ({
    name,
    entry: fileURLToPath(new URL(`../services/${name}/main.ts`, import.meta.url)),
    nodeOptions: PROCESS_SETTINGS[name].nodeOptions,
    port: ports.get(name) ?? 0,
    portSetting: PORT_SETTINGS[name],
    niceness: NICENESS[name],
    environment: { ...PROCESS_SETTINGS[name].environment, ...shared },
  }));
}

/** Where a service answers on this machine: a service that listens everywhere is reached over loopback. */
export function addressOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
