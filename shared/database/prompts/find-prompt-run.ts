import { sql } from 'kysely';
import { TrimtabError } from '../../errors.ts';
import type { Database } from '../connect.ts';
import { type PromptRun, readPromptRun } from '../prompt-run-store.ts';

const ID_CHARACTERS_MIN = 6;

/**
 * A search by its id or the start of one.
 *
 * @throws TrimtabError `not_found`, or `conflict` for the start of several ids
 */
export async function findPromptRun(database: Database, projectId: string, name: string): Promise<PromptRun> {
  const start = name.length >= ID_CHARACTERS_MIN && /^[0-9a-f-]+$/i.test(name) ? `${name.toLowerCase()}%` : null;
  const { rows } =
    start === null
      ? { rows: [] }
      : await sql<{ promptRunId: string }>`
          SELECT prompt_run_id AS "promptRunId" FROM prompt_run
          WHERE project_id = ${projectId} AND prompt_run_id::text LIKE ${start} LIMIT 2`.execute(database);
  const [only, another] = rows;
  const run = only === undefined ? null : await readPromptRun(database, projectId, only.promptRunId);
  if (run === null) throw new TrimtabError('not_found', `there is no search ${name}; see \`trimtab prompts list\``);
  if (another !== undefined) throw new TrimtabError('conflict', `${name} is the start of several ids`);
  return run;
}
