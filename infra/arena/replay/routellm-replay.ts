import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sessionMean, shrinkMean } from '../../../services/optimizer/estimation/shrinkage.ts';
import { parseCsv } from './parse-csv.ts';

/** How a router between a weak and a strong model does on one benchmark; shares from 0 to 1. */
export interface RouteLlmResult {
  readonly benchmark: string;
  readonly prompts: number;
  readonly weak: number;
  readonly strong: number;
  /** Area under the recovered performance gap over the share of strong calls; a random router has a half. */
  readonly apgr: number;
  /** Share of strong calls that recovers 50, 80 and 95 of 100 of the gap; null when it is never reached. */
  readonly cpt: readonly (number | null)[];
}

interface Prompt {
  readonly subject: string;
  readonly size: string;
  readonly weak: number;
  readonly strong: number;
}

const FOLDS = 2;
const RECOVERED = [0.5, 0.8, 0.95] as const;
/** Prompts that a cell's mean leans on its subject's with, and a subject's on the benchmark's. */
const STRENGTH = 30;
const SIZES = [200, 500, 1_000] as const;

/**
 * Routing by what Trimtab knows of a call, its shape: here the subject and the size of the prompt. The gain of the strong
 * model per shape is learned on one half of the prompts, shrunk towards the subject and the benchmark, and calls of the
 * other half go to the strong model in the order of that gain.
 */
export function routeLlmReplay(dataDirectory: string): RouteLlmResult[] {
  const text = gunzipSync(readFileSync(join(dataDirectory, 'routellm', 'outcomes.csv.gz'))).toString('utf8');
  const rows = parseCsv(text);
  return [...Map.groupBy(rows, (row) => row['benchmark'] ?? '')]
    .filter(([, own]) => own.length >= 100)
    .map(([benchmark, own]) => measure(benchmark, own.map(promptOf)))
    .sort((left, right) => (left.benchmark < right.benchmark ? -1 : 1));
}

function promptOf(row: Record<string, string>): Prompt {
  const length = row['prompt']?.length ?? 0;
  return {
    subject: row['subject'] ?? '',
    size: `${SIZES.findIndex((size) => length <= size)}`,
    weak: Number(row['weak_mixtral_8x7b']),
    strong: Number(row['strong_gpt4_1106']),
  };
}

function measure(benchmark: string, prompts: readonly Prompt[]): RouteLlmResult {
  const tables = Array.from({ length: FOLDS }, (_, fold) =>
    learn(prompts.filter((_prompt, at) => at % FOLDS !== fold)),
  );
  const gains = prompts.map((prompt, at) => gainOf(tables[at % FOLDS] ?? new Map(), prompt));
  const order = [...prompts.keys()].sort((left, right) => (gains[right] ?? 0) - (gains[left] ?? 0) || left - right);
  const weak = mean(prompts.map((prompt) => prompt.weak));
  const strong = mean(prompts.map((prompt) => prompt.strong));
  let quality = weak;
  let area = 0;
  const cpt: (number | null)[] = RECOVERED.map(() => null);
  for (const [place, at] of order.entries()) {
    const prompt = prompts[at];
    quality += ((prompt?.strong ?? 0) - (prompt?.weak ?? 0)) / prompts.length;
    const recovered = (quality - weak) / (strong - weak);
    area += recovered / prompts.length;
    for (const [index, share] of RECOVERED.entries()) {
      if (cpt[index] === null && recovered >= share) cpt[index] = (place + 1) / prompts.length;
    }
  }
  return { benchmark, prompts: prompts.length, weak, strong, apgr: area, cpt };
}

/** Mean gain of the strong model by benchmark, subject, and subject and size, each leaning on the one before. */
function learn(prompts: readonly Prompt[]): Map<string, number> {
  const gains = new Map<string, number>();
  const overall = mean(prompts.map((prompt) => prompt.strong - prompt.weak));
  gains.set('', overall);
  for (const [subject, own] of Map.groupBy(prompts, (prompt) => prompt.subject)) {
    const parent = shrinkMean(meanOf(own), overall, STRENGTH);
    gains.set(subject, parent);
    for (const [size, cell] of Map.groupBy(own, (prompt) => prompt.size)) {
      gains.set(`${subject} ${size}`, shrinkMean(meanOf(cell), parent, STRENGTH));
    }
  }
  return gains;
}

function gainOf(gains: ReadonlyMap<string, number>, { subject, size }: Prompt): number {
  return gains.get(`${subject} ${size}`) ?? gains.get(subject) ?? gains.get('') ?? 0;
}

function meanOf(prompts: readonly Prompt[]) {
  return sessionMean(prompts.map((prompt) => prompt.strong - prompt.weak));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
