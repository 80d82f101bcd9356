import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext } from '../contract/search-context.ts';
import type { GepaOptions } from './gepa-options.ts';
import { type ArchiveMember, drawFromFronts, meanScore, paretoFronts, withoutDominated } from './pareto-archive.ts';

/** Fully scored candidates with their scores by row of the select split, in the order of their discovery. */
export function archiveOf(context: Pick<SearchContext<unknown>, 'book' | 'task'>): ArchiveMember[] {
  const { book, task } = context;
  return book
    .list()
    .filter(({ id }) => book.isFullyScored(id))
    .map(({ id, index }) => ({ id: index, scores: scoresOf(context, id, task.splits.select) }));
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

function scoresOf(
  context: Pick<SearchContext<unknown>, 'book'>,
  id: string,
  rowIds: readonly string[],
): ReadonlyMap<string, number> {
  return new Map(
    rowIds.flatMap((rowId) => {
      const score = context.book.rowScore(id, rowId);
      return score === null ? [] : [[rowId, score] as const];
    }),
  );
}
