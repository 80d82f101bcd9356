import { TrimtabError } from '../../errors.ts';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** The project's secret, under which its content and its erasures are keyed. Throws `not_found`. */
export async function readBlockKey(database: Database, projectId: string): Promise<Buffer> {
  const row = await database
    .selectFrom('project')
    .select('blockKey')
    .where('projectId', '=', storableText(projectId))
    .executeTakeFirst();
  if (row === undefined) throw new TrimtabError('not_found', `there is no project ${projectId}`);
  return row.blockKey;
}
