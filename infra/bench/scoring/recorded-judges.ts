import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

const drawsSchema = z.array(z.array(z.number().nullable())).nullish();
const repeatsSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  refused: z.boolean().nullish(),
  full_scores: drawsSchema,
  mini_scores: drawsSchema,
  nano_scores: drawsSchema,
});

/** One question that a judge scored several times; the first answer is the right one. */
export interface RepeatedQuestion {
  readonly id: string;
  /** Draws of each answer, in their order. */
  readonly draws: readonly (readonly number[])[];
}

/** One judge with one prompt. */
export interface RepeatedJudge {
  readonly name: string;
  readonly questions: readonly RepeatedQuestion[];
}

const SIZES = ['full_scores', 'mini_scores', 'nano_scores'] as const;

/** Every judge of `judge-repeats`. Draws that failed are left out, and questions without a draw for every answer. */
export function readRepeatedJudges(dataFolder: string): readonly RepeatedJudge[] {
  const folder = join(dataFolder, 'judge-repeats');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'));
  return files.sort().flatMap((file) => {
    const rows = readJsonLines(join(folder, file)).map((line) => repeatsSchema.parse(line));
    return SIZES.flatMap((size): RepeatedJudge[] => {
      const questions = rows.flatMap((row): RepeatedQuestion[] => {
        const draws = (row[size] ?? []).map((scores) => scores.filter((score) => score !== null));
        const isWhole = draws.length > 1 && draws.every((scores) => scores.length > 0);
        return isWhole && row.refused !== true ? [{ id: row.id, draws }] : [];
      });
      return questions.length === 0 ? [] : [{ name: `${file} ${size}`, questions }];
    });
  });
}

const winnerSchema = z.union([z.string(), z.number()]).transform(String).nullish();
const verdictSchema = z.looseObject({
  set: z.string(),
  judge: z.string(),
  method: z.string(),
  idx: z.union([z.string(), z.number()]).transform(String),
  label: z.union([z.string(), z.number()]).transform(String),
  winner: winnerSchema,
  winner_swapped: winnerSchema,
});

/** One pair that several judges compared with one prompt; 1 is right, -1 wrong, 0 undecided. */
export interface ComparedPair {
  readonly id: string;
  readonly votes: readonly number[];
}

/** The judges that were asked with one prompt, in the order of the votes. */
export interface RecordedPanel {
  readonly method: string;
  readonly judges: readonly string[];
  readonly pairs: readonly ComparedPair[];
}

/** The panels of `llmbar`, one per prompt. A judge that changes its mind when the answers change places is undecided. */
export function readPanels(dataFolder: string): readonly RecordedPanel[] {
  const file = join(dataFolder, 'llmbar', 'recorded-judge-verdicts.jsonl.gz');
  const verdicts = readJsonLines(file).map((line) => verdictSchema.parse(line));
  return [...Map.groupBy(verdicts, ({ method }) => method)].map(([method, rows]) => {
    const judges = [...new Set(rows.map(({ judge }) => judge))].sort();
    const pairs = [...Map.groupBy(rows, ({ set, idx }) => `${set} ${idx}`)].map(([id, ofPair]) => ({
      id,
      votes: judges.map((judge) => {
        const verdict = ofPair.find((row) => row.judge === judge);
        return verdict === undefined ? 0 : (rightness(verdict, 'winner') + rightness(verdict, 'winner_swapped')) / 2;
      }),
    }));
    return { method, judges, pairs };
  });
}

function rightness(verdict: z.infer<typeof verdictSchema>, order: 'winner' | 'winner_swapped'): number {
  const winner = verdict[order];
  if (winner === null || winner === undefined) return 0;
  return winner === verdict.label ? 1 : -1;
}

function readJsonLines(file: string): readonly unknown[] {
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  return text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
}
