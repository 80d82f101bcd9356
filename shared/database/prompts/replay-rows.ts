import * as z from 'zod';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** A stored call in the replay set of a search. It goes when its call is erased. */
export interface PromptRow {
  readonly callId: string;
  readonly sessionId: string;
  readonly transcriptHead: string;
  readonly split: 'propose' | 'select' | 'report';
  readonly failing: boolean;
  /** Parse it: what the search may know of the call. */
  readonly facts: unknown;
}

const splitSchema = z.enum(['propose', 'select', 'report']);

export async function insertPromptRows(
  database: Database,
  run: { readonly projectId: string; readonly promptRunId: string },
  rows: readonly PromptRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await database
    .insertInto('promptRow')
    .values(rows.map((row) => ({ ...run, ...row, facts: jsonText(row.facts) })))
    .execute();
}

/** In the order of call ids, which is that of time. */
export async function readPromptRows(
  database: Database,
  projectId: string,
  promptRunId: string,
): Promise<readonly PromptRow[]> {
  const rows = await database
    .selectFrom('promptRow')
    .select(['callId', 'sessionId', 'transcriptHead', 'split', 'failing', 'facts'])
    .where('projectId', '=', projectId)
    .where('promptRunId', '=', promptRunId)
    .orderBy('callId')
    .execute();
  return rows.map((row) => ({ ...row, split: splitSchema.parse(row.split) }));
}
