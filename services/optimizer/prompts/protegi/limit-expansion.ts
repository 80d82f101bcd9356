import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { scoreMinibatch } from '../moves/find-failures.ts';
import type { ProtegiOptions } from './protegi-options.ts';

/** Error rows on which surplus successors are told apart, and how many successors are looked at. */
const REJECT_ROWS_MAX = 4;
const PRESAMPLE_FACTOR = 2;

/**
 * At most `maxExpansionFactor` successors of one prompt: those that do best on a few of its errors, or a random draw.
 * The edit that follows all gradients always stays: it cost the most thought.
 */
export function* limitExpansion(
  context: SearchContext<ProtegiOptions>,
  successors: readonly Candidate[],
  errors: readonly string[],
  combined: Candidate | null,
): Steps<readonly Candidate[]> {
  const { maxExpansionFactor, rejectOnErrors } = context.options;
  if (successors.length <= maxExpansionFactor) return successors;
  const random = context.random('expansion');
  const others = successors.filter(({ id }) => id !== combined?.id);
  const kept = successors.filter(({ id }) => id === combined?.id);
  const places = maxExpansionFactor - kept.length;
  if (!rejectOnErrors) return [...kept, ...random.sample(others, places)];
  const looked = random.sample(others, PRESAMPLE_FACTOR * maxExpansionFactor);
  const rows = random.sample(errors, REJECT_ROWS_MAX);
  for (const { id } of looked) if (!(yield* scoreMinibatch(context, id, rows, 0))) break;
  const value = ({ id }: Candidate) => context.book.mean(id, rows)?.mean ?? 0;
  return [...kept, ...looked.toSorted((a, b) => value(b) - value(a) || a.index - b.index).slice(0, places)];
}
