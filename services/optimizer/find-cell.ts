import type { Database } from '#shared/database/connect.ts';
import type { Policy } from '#shared/database/policy-store.ts';
import { type FixableFailures, readFixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import { TrimtabError } from '#shared/errors.ts';
import { FAILURE_WINDOW_MS } from './begin-searches.ts';
import { prefixOf } from './prompts/attach-prefix.ts';

/**
 * The cell of a cluster that a person asks a search for: where most of it fails under the prefix that is served now.
 *
 * @throws TrimtabError `not_found`, saying where the cluster does fail
 */
export async function findCell(
  database: Database,
  projectId: string,
  wanted: {
    readonly clusterId: string;
    readonly model?: string | undefined;
    readonly turnShape?: string | undefined;
    readonly asOf: Date;
  },
  stable: Policy,
): Promise<{ readonly failures: FixableFailures; readonly since: Date }> {
  const since = new Date(wanted.asOf.getTime() - FAILURE_WINDOW_MS);
  const cells = await readFixableFailures(database, projectId, {
    ...{ since, asOf: wanted.asOf, minSessions: 1, clusterId: wanted.clusterId },
  });
  const fitting = cells.filter(
    (cell) => (wanted.model ?? cell.model) === cell.model && (wanted.turnShape ?? cell.turnShape) === cell.turnShape,
  );
  const failures = fitting.find((cell) => prefixOf(stable.body, cell) === cell.prefixId);
  if (failures !== undefined) return { failures, since };
  throw new TrimtabError('not_found', whyNot(cells, fitting, stable));
}

function whyNot(cells: readonly FixableFailures[], fitting: readonly FixableFailures[], stable: Policy): string {
  if (cells.length === 0) return 'the cluster has no failures in the last seven days';
  if (fitting.length === 0) return `no failures of the cluster there; they are on ${placesOf(cells)}`;
  if (fitting.every((cell) => prefixOf(stable.body, cell) === undefined)) {
    return `the failures of the cluster are on ${placesOf(fitting)}, where the policy that is served sends nothing: a prefix would reach nobody`;
  }
  return 'the failures of the cluster were served with another prefix than the one that is served now';
}

function placesOf(cells: readonly FixableFailures[]): string {
  return cells.map((cell) => `${cell.model} in ${cell.turnShape}`).join(', ');
}
