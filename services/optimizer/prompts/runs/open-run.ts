import type { Database } from '#shared/database/connect.ts';
import { createPromptRun, type PromptRun } from '#shared/database/prompt-run-store.ts';
import { insertPromptRows } from '#shared/database/prompts/replay-rows.ts';
import type { PlannedRun } from './plan-run.ts';

/** A planned search as rows, all or none: whatever happens from here on can be taken up again. */
export async function openRun(
  database: Database,
  planned: Extract<PlannedRun, { type: 'planned' }>,
  about: {
    readonly projectId: string;
    readonly runId: string;
    readonly optimizer: string;
    readonly seedPrefixId: string | null;
  },
): Promise<PromptRun> {
  const { settings, plan, rows } = planned;
  const open = async (transaction: Database): Promise<PromptRun> => {
    const run = await createPromptRun(transaction, {
      ...about,
      ...{ clusterId: settings.cell.clusterId, settings, plan, budgetUsd: settings.limits.costUsd },
    });
    const { projectId, promptRunId } = run;
    await insertPromptRows(transaction, { projectId, promptRunId }, rows);
    return run;
  };
  return database.isTransaction ? await open(database) : await database.transaction().execute(open);
}
