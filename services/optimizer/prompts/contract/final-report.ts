import * as z from 'zod';
import {
  type ConfidenceSequence,
  confidenceSequence,
  lowerConfidenceBound,
} from '../../rollout/confidence-sequence.ts';
import type { CandidateBook } from './candidate-book.ts';
import type { Steps } from './search-context.ts';
import type { PromptOptimizer } from './stepper.ts';

const reportOptionsSchema = z.object({
  /** The candidate that the search found best. */
  winner: z.record(z.string(), z.string()),
  /** Chance of calling a candidate better that is not. */
  alpha: z.number().gt(0).lt(1),
  /** Task calls for the proof. The claim may use what else is left. */
  taskCallsMax: z.int().nonnegative(),
});

type ReportOptions = z.infer<typeof reportOptionsSchema>;

/** What the untouched split says. */
export interface ReportVerdict {
  /** Whether the winner is better than the seed, with confidence 1 - alpha. */
  readonly proven: boolean;
  /** Of the prompt that is returned: the winner if proven, else the seed. */
  readonly claimed: ConfidenceSequence;
  readonly seed: ConfidenceSequence;
  readonly winner: ConfidenceSequence;
  /** Winner less seed on the same rows; `lower` is one-sided. Null when the winner is the seed. */
  readonly difference: { readonly mean: number; readonly lower: number; readonly rows: number } | null;
}

/** The seed is paid for in pieces, and no longer than the proof needs. */
const PIECE_ROWS = 8;
/** Rows that are scored twice to see whether the judge says the same of them. */
const TRIAL_ROWS = 16;
/** Repeats of one row beyond these say little that another row would not say better. */
const SAMPLES_MAX = 4;
/** Of alpha, for the sequence of first samples; the rest is for the looks at means of several. */
const FIRST_LOOK_SHARE = 2 / 3;
const LATER_LOOK_SHARE = (1 - FIRST_LOOK_SHARE) / (SAMPLES_MAX - 1);

const HOPEFUL_DIFFERENCE = 0.1;

const RESERVE_SHARE = 0.12;
const RESERVE_SHARE_MAX = 0.25;

/** Task calls to set aside for the report before a search starts. */
export function reportReserve(taskCalls: number, reportRows: number): number {
  const wanted = Math.max(2 * reportRows, Math.min(RESERVE_SHARE * taskCalls, 2 * SAMPLES_MAX * reportRows));
  return Math.floor(Math.min(wanted, RESERVE_SHARE_MAX * taskCalls));
}

/**
 * Scores winner and seed on the report split, once, after the search: the claim is what these rows say and never a
 * maximum of the search. A stepper as every other, so that it resumes as every other.
 */
export const finalReport: PromptOptimizer<ReportOptions> = {
  name: 'final-report',
  version: 1,
  options: reportOptionsSchema,
  taskCallsMin: (task) => 2 * task.splits.report.length,
  *search(context) {
    const { book, options, task } = context;
    const winner = book.add({ prompt: options.winner, parents: [book.seed.id], operator: 'winner' }) ?? book.seed;
    const rows = context.random('rows').shuffled(task.splits.report);
    let spent = 0;
    function* score(candidateId: string, rowIds: readonly string[], sample: number): Steps<void> {
      const affordable = rowIds.slice(0, Math.max(0, context.left().taskCalls));
      const asks = [{ candidateId, rowIds: affordable, purpose: 'report' as const, sample }];
      spent += context.costOf(asks);
      yield* context.evaluate(asks);
    }
    const isProven = () => provenDifference(book, winner.id, task.splits.report, options.alpha) > 0;
    if (winner.id !== book.seed.id) {
      const pairable = () => Math.max(0, Math.floor((options.taskCallsMax - spent) / 2));
      const paired = rows.slice(0, pairable());
      yield* score(winner.id, paired, 0);
      for (let from = 0; from < paired.length && !isProven(); from += PIECE_ROWS) {
        yield* score(book.seed.id, paired.slice(from, from + PIECE_ROWS), 0);
      }
      for (let sample = 1; sample < SAMPLES_MAX && !isProven() && isHopeful(book, winner.id, rows); sample += 1) {
        const again = paired.slice(0, pairable());
        yield* score(book.seed.id, again, sample);
        yield* score(winner.id, again, sample);
        if (isSettled(book, winner.id, rows)) break;
      }
    }
    // What is claimed is what is returned: of that, what was set aside and what the search has left are spent on more
    // rows, and on repeats where the judge is not of one mind.
    const returned = isProven() ? winner : book.seed;
    for (let sample = 0; sample < SAMPLES_MAX && !isSettled(book, returned.id, rows); sample += 1) {
      yield* score(returned.id, sample === 0 ? rows : rows.slice(0, TRIAL_ROWS), sample);
      if (!isSettled(book, returned.id, rows)) yield* score(returned.id, rows, sample);
    }
  },
};

/** Reads the verdict off the scores that the report has made. */
export function readVerdict(book: CandidateBook, rows: readonly string[], alpha: number): ReportVerdict {
  const winner = book.list().at(-1) ?? book.seed;
  const band = (id: string) =>
    confidenceSequence(
      rows.map((rowId) => book.rowScore(id, rowId)).filter((score) => score !== null),
      alpha,
    );
  const [seedBand, winnerBand] = [band(book.seed.id), band(winner.id)];
  if (winner.id === book.seed.id) {
    return { proven: false, claimed: seedBand, seed: seedBand, winner: seedBand, difference: null };
  }
  const all = differences(book, winner.id, rows, 'mean');
  const lower = provenDifference(book, winner.id, rows, alpha);
  const mean = all.length === 0 ? 0 : all.reduce((sum, value) => sum + value, 0) / all.length;
  const proven = lower > 0;
  return {
    proven,
    claimed: proven ? winnerBand : seedBand,
    seed: seedBand,
    winner: winnerBand,
    difference: { mean, lower, rows: all.length },
  };
}

/** The largest difference that is proven so far, by first samples alone or by the means of all. */
function provenDifference(book: CandidateBook, winnerId: string, rows: readonly string[], alpha: number): number {
  const first = differences(book, winnerId, rows, 'first');
  const all = differences(book, winnerId, rows, 'mean');
  return Math.max(lowerDifference(first, alpha * FIRST_LOOK_SHARE), lowerDifference(all, alpha * LATER_LOOK_SHARE));
}

/** Winner less seed on the rows that both have scores for, from -1 to 1. */
function differences(
  book: CandidateBook,
  winnerId: string,
  rows: readonly string[],
  which: 'first' | 'mean',
): number[] {
  const score = (id: string, rowId: string) =>
    which === 'mean' ? book.rowScore(id, rowId) : (book.outcome(id, rowId, 0)?.score ?? null);
  return rows.flatMap((rowId) => {
    const [winner, seed] = [score(winnerId, rowId), score(book.seed.id, rowId)];
    return winner === null || seed === null ? [] : [winner - seed];
  });
}

function lowerDifference(values: readonly number[], alpha: number): number {
  return (
    2 *
      lowerConfidenceBound(
        values.map((value) => (value + 1) / 2),
        alpha,
      ) -
    1
  );
}

/** Whether more repeats could still prove the winner: a difference this small would need more than there are. */
function isHopeful(book: CandidateBook, winnerId: string, rows: readonly string[]): boolean {
  const found = differences(book, winnerId, rows, 'mean');
  return found.length > 0 && found.reduce((sum, value) => sum + value, 0) / found.length > HOPEFUL_DIFFERENCE;
}

/** Whether rows that were scored twice got the same score both times: then further repeats say nothing. */
function isSettled(book: CandidateBook, id: string, rows: readonly string[]): boolean {
  const repeated = rows.map((rowId) => book.answers(id, rowId)).filter((answers) => answers.length > 1);
  return repeated.length > 0 && repeated.every((answers) => answers.every(({ score }) => score === answers[0]?.score));
}
