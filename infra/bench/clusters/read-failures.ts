import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

/** A recorded failure, as a scorer would have told it. The label is not in it, and nothing here reads the labels' file. */
export interface RecordedFailure {
  readonly n: number;
  readonly model: string;
  /** Which of the recorded checkers looked at the call; it follows from the kind of the question, before any answer. */
  readonly check: string;
  readonly category: string;
  readonly message: string;
}

const rowSchema = z.looseObject({
  n: z.number(),
  model: z.string(),
  category: z.string(),
  error: z.string(),
});

/** The failing calls of the Berkeley leaderboard, below a folder of public data. */
export function readRecordedFailures(dataFolder: string): readonly RecordedFailure[] {
  return readLines(join(dataFolder, 'bfcl-failures', 'failures.jsonl.gz'), rowSchema).map((row) => ({
    n: row.n,
    model: row.model,
    category: row.category,
    check: checkOf(row.category),
    message: messageOf(row.error),
  }));
}

/** Labels by `n`: for measuring alone. */
export function readFailureLabels(dataFolder: string): ReadonlyMap<number, string> {
  const schema = z.looseObject({ n: z.number(), error_type: z.string() });
  const rows = readLines(join(dataFolder, 'bfcl-failures', 'labels.jsonl.gz'), schema);
  return new Map(rows.map((row) => [row.n, row.error_type]));
}

/** Rows of a compressed file of JSON lines. */
export function readLines<T>(path: string, schema: z.ZodType<T>): readonly T[] {
  const text = gunzipSync(readFileSync(path)).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}

function checkOf(category: string): string {
  if (category === 'relevance') return 'no_tool_is_relevant';
  return category === 'rest' || category.startsWith('executable') ? 'execute_call' : 'match_call';
}

/**
 * The first sentence of what the checker said. The file holds a list as JSON, cut after 240 characters: text first, then
 * sometimes an object with details, which names the label of the detail and is therefore left out whole.
 */
function messageOf(error: string): string {
  const text = /^\["((?:[^"\\]|\\.)*)/.exec(error)?.[1];
  if (text === undefined) return error;
  return text.replace(/\\(["\\/])/g, '$1').replace(/\\[nt]/g, ' ');
}
