import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { proportionInterval } from '../../arena/intervals.ts';
import { decodeBfclOutput } from './bfcl-decode.ts';
import { STALE_KEYS } from './bfcl-exclusions.ts';
import { familyOf, judgeBfclCalls, renderAnswer } from './bfcl-judge.ts';
import { mutateAnswer } from './bfcl-mutations.ts';
import { AST_CATEGORIES, type AstCategory, type BfclRow, readBfclRows } from './bfcl-rows.ts';
import type { WrittenFigure } from './scoring-report.ts';

/** Outputs were recorded up to this length; a longer one has lost its end. */
const RECORDED_CHARACTERS_MAX = 160;
/** Mutations of every tenth row are enough to see whether something is broken. */
const QUICK_SHARE = 10;

const CATEGORIES: Readonly<Record<string, AstCategory>> = {
  ...{ simple: 'simple_python', java: 'simple_java', javascript: 'simple_javascript' },
  ...{ multiple_function: 'multiple', parallel_function: 'parallel', parallel_multiple_function: 'parallel_multiple' },
};

const failureSchema = z.object({ n: z.number(), category: z.string(), id: z.number(), result: z.string() });
const labelSchema = z.object({ n: z.number(), error_type: z.string() });

/** How often the checker says what the leaderboard's own says, of recorded failures and of its keys. */
export function bfclFigures(dataFolder: string, options: { readonly quick: boolean }): WrittenFigure[] {
  const rows = AST_CATEGORIES.flatMap((category) => readBfclRows(dataFolder, category));
  const failures = judgeFailures(dataFolder, new Map(rows.map((row) => [row.id, row])));
  const keys = rows.filter((row) => row.answers.length > 0);
  const rendered = keys.flatMap((row) =>
    [true, false].map((withOptional) => judgeBfclCalls(row, renderRow(row, withOptional), true) === null),
  );
  const mutated = keys
    .filter((_row, index) => !options.quick || index % QUICK_SHARE === 0)
    .flatMap((row) =>
      [...mutateAnswer(row, renderRow(row, true))].map(({ calls }) => judgeBfclCalls(row, calls, true) !== null),
    );
  return [
    share(
      'G1a',
      failures.map(({ isInvalid }) => isInvalid),
      0.97,
    ),
    share(
      'G1b',
      failures.map(({ isOfFamily }) => isOfFamily),
      0.9,
    ),
    share('G1c', rendered, 1),
    share('G1d', mutated, 0.99),
    decodableShare(dataFolder),
  ];
}

/** How much of what was recorded whole can be read as calls; the rest are fences, sentences and broken code. */
function decodableShare(dataFolder: string): WrittenFigure {
  const { judged, undecodable } = countRecorded(dataFolder);
  const n = judged + undecodable;
  const interval = proportionInterval(judged, n);
  return { id: 'G1_decodable_share', value: judged / n, op: '>=', bar: null, pass: null, n, interval };
}

/** Which part of the recorded failures can be judged, and why the rest cannot. */
function countRecorded(dataFolder: string): {
  readonly recorded: number;
  readonly truncated: number;
  readonly stale: number;
  readonly undecodable: number;
  readonly judged: number;
} {
  const counts = { recorded: 0, truncated: 0, stale: 0, undecodable: 0, judged: 0 };
  for (const { row, category, result } of readFailures(dataFolder)) {
    counts.recorded += 1;
    if (result.length >= RECORDED_CHARACTERS_MAX) counts.truncated += 1;
    else if (STALE_KEYS[row] !== undefined) counts.stale += 1;
    else if (decodeBfclOutput(result, category) === null) counts.undecodable += 1;
    else counts.judged += 1;
  }
  return counts;
}

function renderRow(row: BfclRow, withOptional: boolean) {
  return row.answers.map((answer) => renderAnswer(row, answer, withOptional));
}

function judgeFailures(dataFolder: string, rows: ReadonlyMap<string, BfclRow>) {
  const labels = new Map(readLines(dataFolder, 'labels', labelSchema).map((label) => [label.n, label.error_type]));
  return readFailures(dataFolder).flatMap(({ n, row: id, category, result }) => {
    const row = rows.get(id);
    if (row === undefined || result.length >= RECORDED_CHARACTERS_MAX || STALE_KEYS[id] !== undefined) return [];
    const calls = decodeBfclOutput(result, category);
    if (calls === null) return [];
    const verdict = judgeBfclCalls(row, calls);
    const isOfFamily = verdict !== null && verdict.family === familyOf(labels.get(n) ?? '');
    return [{ isInvalid: verdict !== null, isOfFamily }];
  });
}

/** Failures of the categories that are compared as syntax trees; the recording counts rows from one. */
function readFailures(dataFolder: string) {
  return readLines(dataFolder, 'failures', failureSchema).flatMap(({ n, category: name, id, result }) => {
    const category = CATEGORIES[name];
    return category === undefined ? [] : [{ n, category, row: `${category}_${id - 1}`, result }];
  });
}

function readLines<Line>(dataFolder: string, name: string, schema: z.ZodType<Line>): readonly Line[] {
  const text = gunzipSync(readFileSync(join(dataFolder, 'bfcl-failures', `${name}.jsonl.gz`))).toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

function share(id: string, hits: readonly boolean[], bar: number): WrittenFigure {
  const n = hits.length;
  const count = hits.filter(Boolean).length;
  const value = n === 0 ? 0 : count / n;
  return { id, value, op: '>=', bar, pass: value >= bar, n, interval: n === 0 ? [0, 1] : proportionInterval(count, n) };
}
