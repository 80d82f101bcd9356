import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext } from '../contract/search-context.ts';
import type { MetaPromptOptions } from './meta-prompt-options.ts';

/**
 * The best prompts so far with their scores, ascending, as OPRO shows them: a reader who goes on writing takes up where
 * the list ends. Scores are of the select split and in steps; equal texts of one component are shown once.
 */
export function trajectoryOf(
  { book, options }: Pick<SearchContext<MetaPromptOptions>, 'book' | 'options'>,
  component: string,
): readonly { readonly prompt: string; readonly score: number }[] {
  const stepped = (score: number) => Math.round(score * options.scoreBuckets) / options.scoreBuckets;
  const scored = book
    .list()
    .filter(({ id }) => book.isFullyScored(id))
    .map((candidate: Candidate) => ({
      prompt: candidate.prompt[component] ?? '',
      score: stepped(book.objective(candidate.id) ?? 0),
    }))
    .filter(({ score }) => score >= options.scoreThreshold)
    .sort((a, b) => b.score - a.score);
  const distinct = scored.filter(({ prompt }, index) => scored.findIndex((each) => each.prompt === prompt) === index);
  return distinct.slice(0, options.trajectoryLength).reverse();
}
