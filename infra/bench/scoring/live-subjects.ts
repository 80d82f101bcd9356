import { createHash } from 'node:crypto';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import type { WrittenFigure } from './scoring-report.ts';

const RESAMPLES = 1_000;
const SEED = 60_711;
/** Subjects of each goal: a live judge costs money and time. */
const SUBJECTS = { quick: 24, full: 300 };

export interface LiveJudgeOptions {
  readonly quick: boolean;
  /** The configured judges, the first one asked first. */
  readonly judges: readonly Llm[];
}

/** As many as are asked about, drawn by the hash of what they are: the same ones every time, whatever their order. */
export function sample<Subject extends { readonly id: string }>(
  subjects: readonly Subject[],
  quick: boolean,
): readonly Subject[] {
  const keyed = subjects.map((subject) => ({
    subject,
    key: createHash('sha256').update(`live judge ${subject.id}`).digest('hex'),
  }));
  const drawn = keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return drawn.slice(0, quick ? SUBJECTS.quick : SUBJECTS.full).map(({ subject }) => subject);
}

/** One after the other: a provider's rate limit is the bench's, too. */
export async function mapInTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** A figure with its interval over whole tasks; without a value where the labels are all alike. */
export function bootstrapped<Row extends { readonly group: string }>(
  id: string,
  rows: readonly Row[],
  statistic: (rows: readonly Row[]) => number | null,
  op: '<=' | '>=',
  bar: number | null,
): WrittenFigure {
  const value = statistic(rows) ?? Number.NaN;
  const random = createSeededRandom(SEED).uniform;
  const interval = clusterBootstrap(rows, ({ group }) => group, statistic, { resamples: RESAMPLES, random });
  const pass = bar === null ? null : op === '<=' ? value <= bar : value >= bar;
  return { id, value, op, bar, pass, n: rows.length, interval: [interval?.low ?? value, interval?.high ?? value] };
}
