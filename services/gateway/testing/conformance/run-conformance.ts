import { adminDatabase, createTestBench, seedConfig } from '../gateway-fixture.ts';
import { activatePrefixes } from './activate-prefixes.ts';
import { COLUMNS, type Column, type ColumnName } from './columns.ts';
import { columnsConfig } from './columns-config.ts';
import type { ConformanceCase, Mode, NotApplicable } from './conformance-case.ts';
import { differenceOf, type RunDeps, runCase } from './run-case.ts';
import { createScriptedUpstream } from './scripted-upstream.ts';

export type Cell =
  | { readonly type: 'pass' }
  | { readonly type: 'fail'; readonly why: string }
  | ({ readonly type: 'not_applicable' } & NotApplicable)
  /** The line speaks of the other mode. */
  | { readonly type: 'not_run' };

export interface CaseResult {
  readonly line: ConformanceCase;
  readonly cells: Readonly<Record<ColumnName, Readonly<Record<Mode, Cell>>>>;
}

const MODES: readonly Mode[] = ['streamed', 'whole'];
/** Short, so that lines about silence do not take long, and long enough that a busy machine is not taken for silence. */
const GATEWAY = { pingInterval: '1s', idleTimeout: '4s', retryAfterMax: '0s' };

/**
 * Runs every line at every upstream format, streamed and not, through one gateway on real sockets. Columns run side by
 * side, the lines of each one after the other.
 *
 * @param databaseUrl of a migrated database that the run may write to
 */
export async function runConformance(
  lines: readonly ConformanceCase[],
  databaseUrl: string,
): Promise<readonly CaseResult[]> {
  const bench = await createTestBench(databaseUrl);
  const admin = adminDatabase(databaseUrl);
  const upstream = await createScriptedUpstream();
  try {
    const config = { project: 'conformance', ...columnsConfig(upstream.origin), gateway: GATEWAY };
    const seeded = await seedConfig(admin, config);
    await activatePrefixes(admin, seeded.project);
    const gateway = await bench.gateway(seeded);
    const deps = { gateway, upstream };
    const columns = await Promise.all(COLUMNS.map((column) => runColumn(deps, lines, column)));
    return lines.map((line, index) => ({
      line,
      cells: Object.fromEntries(
        columns.map((cells, at) => [COLUMNS[at]?.name, cells[index]]),
      ) as unknown as CaseResult['cells'],
    }));
  } finally {
    await bench.close();
    await upstream.close();
    await admin.destroy();
  }
}

async function runColumn(
  deps: RunDeps,
  lines: readonly ConformanceCase[],
  column: Column,
): Promise<readonly Readonly<Record<Mode, Cell>>[]> {
  const cells: Readonly<Record<Mode, Cell>>[] = [];
  for (const line of lines) cells.push(await runLine(deps, line, column));
  return cells;
}

async function runLine(deps: RunDeps, line: ConformanceCase, column: Column): Promise<Readonly<Record<Mode, Cell>>> {
  const cells: Record<Mode, Cell> = { streamed: { type: 'not_run' }, whole: { type: 'not_run' } };
  const runs = new Map<Mode, Awaited<ReturnType<typeof runCase>>>();
  for (const mode of MODES) {
    if (line.modes?.includes(mode) === false) continue;
    const exempt = line.notApplicable?.(column, mode) ?? null;
    if (exempt !== null) {
      cells[mode] = { type: 'not_applicable', ...exempt };
      continue;
    }
    const run = await runCase(deps, line, column, mode);
    runs.set(mode, run);
    cells[mode] = run.failure === null ? { type: 'pass' } : { type: 'fail', why: run.failure };
  }
  const [streamed, whole] = MODES.map((mode) => runs.get(mode));
  if (streamed?.failure === null && whole?.failure === null && line.client === undefined && line.isUnpaired !== true) {
    const difference = differenceOf(streamed.observed, whole.observed);
    if (difference !== null) cells.streamed = { type: 'fail', why: difference };
  }
  return cells;
}
