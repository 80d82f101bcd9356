import { sql } from 'kysely';
import { TrimtabError } from '../../errors.ts';
import type { Database } from '../connect.ts';

const ID_CHARACTERS_MIN = 8;

/**
 * The id of a cluster by what people type: its name, its id, or the start of one.
 *
 * @throws TrimtabError `not_found`, or `conflict` for the start of several ids
 */
export async function findClusterId(database: Database, projectId: string, name: string): Promise<string> {
  const start = name.length >= ID_CHARACTERS_MIN && /^[0-9a-f-]+$/i.test(name) ? `${name.toLowerCase()}%` : null;
  const { rows } = await sql<{ clusterId: string }>`
    SELECT cluster_id AS "clusterId" FROM failure_cluster WHERE project_id = ${projectId}
      AND (slug = ${name} OR (${start}::text IS NOT NULL AND cluster_id::text LIKE ${start})) LIMIT 2`.execute(
    database,
  );
  const [only, another] = rows;
  if (only === undefined) {
    throw new TrimtabError('not_found', `there is no cluster ${name}; see \`trimtab clusters list\``);
  }
  if (another !== undefined) throw new TrimtabError('conflict', `${name} is the start of several cluster ids`);
  return only.clusterId;
}
