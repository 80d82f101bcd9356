import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WholeSystem } from '../../testing/whole-system.ts';
import { type Violation, violationOf } from './audit/violation.ts';

const SERVICES = ['gateway', 'evaluator', 'optimizer'] as const;
type ServiceName = (typeof SERVICES)[number];

/** Who runs now, and how often the gateway's second thread has died so far. */
export interface Lives {
  readonly pids: Readonly<Record<ServiceName, number | undefined>>;
  readonly threadDeaths: number;
}

const THREAD_DIED = /the thread of the spool died/g;

export function livesOf(system: WholeSystem): Lives {
  const pid = (service: ServiceName) => system.pidOf(service);
  return {
    pids: { gateway: pid('gateway'), evaluator: pid('evaluator'), optimizer: pid('optimizer') },
    threadDeaths: logsOf(system).reduce((sum, text) => sum + [...text.matchAll(THREAD_DIED)].length, 0),
  };
}

/** A service whose store breaks must not die of it: its supervisor would hide that, and its clients would feel it. */
export function auditDeaths(before: Lives, system: WholeSystem, killed: readonly ServiceName[]): readonly Violation[] {
  const after = livesOf(system);
  const died = SERVICES.filter((name) => before.pids[name] !== after.pids[name] && !killed.includes(name));
  const threads = after.threadDeaths - before.threadDeaths;
  return [
    ...violationOf('I5', 'a service died that nobody had killed', died),
    ...violationOf('I5', 'the thread of the spool died', threads > 0 ? [{ threads }] : []),
  ];
}

function logsOf({ dataDir }: WholeSystem): readonly string[] {
  const folder = join(dataDir, 'logs');
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
}
