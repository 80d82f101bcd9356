import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { parseCsv } from './parse-csv.ts';

const priceListSchema = z.object({
  date: z.string(),
  source: z.string(),
  prices: z.array(z.object({ prefix: z.string(), input: z.number(), output: z.number() })),
});
const rowSchema = z.object({
  model: z.string(),
  category: z.string(),
  row: z.string(),
  valid: z.coerce.number(),
  input_tokens: z.coerce.number(),
  output_tokens: z.coerce.number(),
});

/** What one model made of one question: whether it was right, and what it cost in USD. */
export interface Outcome {
  readonly valid: number;
  readonly costUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ReplayModel {
  readonly id: string;
  readonly price: { readonly input: number; readonly output: number };
}

/** Outcomes by category, then row, then model: every question answered by every model. */
export interface OutcomeMatrix {
  readonly models: readonly ReplayModel[];
  readonly shapes: readonly string[];
  readonly rows: readonly { readonly shape: number; readonly outcomes: readonly Outcome[] }[];
  readonly priceDate: string;
}

/** The outcome matrix of the models that have recorded tokens and a list price. */
export function readBfcl(dataDirectory: string): OutcomeMatrix {
  const list = priceListSchema.parse(
    JSON.parse(readFileSync(new URL('./prices-2024-08.json', import.meta.url), 'utf8')),
  );
  const file = join(dataDirectory, 'bfcl-failures', 'outcomes.csv.gz');
  const parsed = parseCsv(gunzipSync(readFileSync(file)).toString('utf8')).map((row) => rowSchema.parse(row));
  const byModel = Map.groupBy(parsed, (row) => row.model);
  const models: ReplayModel[] = [];
  for (const [id, rows] of byModel) {
    const price = priceOf(list.prices, id);
    if (price !== null && rows.some((row) => row.input_tokens > 0)) models.push({ id, price });
  }
  const shapes = [...new Set(parsed.map((row) => row.category))].sort();
  const rows = [...Map.groupBy(parsed, (row) => `${row.category} ${row.row}`).values()].flatMap((answers) => {
    const outcomes = models.flatMap(({ id, price }) => {
      const answer = answers.find((each) => each.model === id);
      return answer === undefined ? [] : [outcomeOf(answer, price)];
    });
    const shape = shapes.indexOf(answers[0]?.category ?? '');
    return outcomes.length === models.length ? [{ shape, outcomes }] : [];
  });
  return { models, shapes, rows, priceDate: list.date };
}

function outcomeOf(row: z.infer<typeof rowSchema>, price: ReplayModel['price']): Outcome {
  const costUsd = (row.input_tokens * price.input + row.output_tokens * price.output) / 1e6;
  return { valid: row.valid, costUsd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
}

function priceOf(
  prices: readonly { prefix: string; input: number; output: number }[],
  model: string,
): ReplayModel['price'] | null {
  const [best] = prices
    .filter(({ prefix }) => model.startsWith(prefix))
    .sort((left, right) => right.prefix.length - left.prefix.length);
  return best === undefined ? null : { input: best.input, output: best.output };
}
