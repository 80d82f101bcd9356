import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext } from '../contract/search-context.ts';
import { judgeNoise } from '../moves/judge-noise.ts';
import type { GepaOptions } from './gepa-options.ts';
import { type ArchiveMember, drawFromFronts, meanScore, paretoFronts, withoutDominated } from './pareto-archive.ts';

/** Fully scored candidates with their scores by row of the select split, in the order of their discovery. */
export function archiveOf(context: Pick<SearchContext<unknown>, 'book' | 'task'>): ArchiveMember[] {
  const { book, task } = context;
  const { flipRate } = judgeNoise(
    book,
    task.rows.map(({ id }) => id),
  );
  return book
    .list()
    .filter(({ id }) => book.isFullyScored(id))
    .map(({ id, index }) => ({ id: index, scores: likelyScores(context, id, flipRate) }));
}

/** The candidate to be improved next, by the published strategies. */
export function selectCandidate(context: SearchContext<GepaOptions>, excluded: ReadonlySet<string>): Candidate | null {
  const { options, book } = context;
  const byIndex = book.list();
  const members = archiveOf(context).filter(({ id }) => !excluded.has(byIndex[id]?.id ?? ''));
  if (members.length === 0) return null;
  const uniform = () => context.random('select-candidate').uniform();
  const ranked = [...members].sort((a, b) => meanScore(b) - meanScore(a) || a.id - b.id);
  const fronts = (pool: readonly ArchiveMember[]) => withoutDominated(paretoFronts(pool), pool);
  const draw = () => {
    switch (options.candidateSelectionStrategy) {
      case 'current_best':
        return ranked[0]?.id ?? null;
      case 'epsilon_greedy':
        return uniform() < options.epsilon
          ? (members[Math.floor(uniform() * members.length)]?.id ?? null)
          : (ranked[0]?.id ?? null);
      case 'top_k_pareto':
        return drawFromFronts(fronts(ranked.slice(0, options.topK)), uniform);
      case 'pareto':
        return drawFromFronts(fronts(members), uniform);
      default:
        return options.candidateSelectionStrategy satisfies never;
    }
  };
  const index = draw();
  return index === null ? null : (byIndex[index] ?? null);
}

/**
 * What a candidate's scores on the select split mean when the judge errs so often: the chance that a row is right, given
 * its scores and how the candidate does in all. Scores as they are where the judge does not err. Without this every
 * candidate wins rows by luck, and the fronts say nothing.
 */
function likelyScores(
  { book, task }: Pick<SearchContext<unknown>, 'book' | 'task'>,
  id: string,
  flipRate: number,
): ReadonlyMap<string, number> {
  const rows = task.splits.select.filter((rowId) => book.rowScore(id, rowId) !== null);
  if (flipRate === 0) return new Map(rows.map((rowId) => [rowId, book.rowScore(id, rowId) ?? 0]));
  const mean = book.mean(id, task.splits.select)?.mean ?? 0;
  const prior = clamp((mean - flipRate) / (1 - 2 * flipRate));
  const weight = Math.log((1 - flipRate) / flipRate);
  return new Map(
    rows.map((rowId) => {
      const evidence = book.answers(id, rowId).reduce((sum, { score }) => sum + weight * (2 * score - 1), 0);
      return [rowId, 1 / (1 + Math.exp(-evidence) * (1 / prior - 1))];
    }),
  );
}

/** A chance that leaves room for evidence on either side. */
function clamp(chance: number): number {
  return Math.min(0.95, Math.max(0.05, chance));
}
