import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { withComponent } from './component-text.ts';
import { linesOf } from './text-lines.ts';

/** Failing rows that are worth the trial of all lines; on more of them the trial costs more than it tells. */
export const TRIAL_ROWS = 4;
/** Mean score on the failing rows from which a shorter text counts as repaired. */
const REPAIRED_AT = 0.6;

/**
 * The candidate without the one line whose loss repairs most of its failing rows, or null. An instruction that helped
 * once may be what holds a prompt back now, and no teacher who sees failures alone can know which one it is: it is
 * found by leaving out one line after the other.
 *
 * @param failing rows on which the candidate fails; only there can a harmful line be seen
 */
export function* dropHarmfulLine(
  context: SearchContext<unknown>,
  candidate: Candidate,
  component: string,
  failing: readonly string[],
): Steps<Candidate | null> {
  const lines = linesOf(candidate.prompt[component] ?? '');
  const variants = lines.flatMap((line) => {
    const text = lines.filter((each) => each !== line).join('\n');
    const prompt = withComponent(candidate.prompt, component, text);
    const variant = text === '' ? null : context.book.add({ prompt, parents: [candidate.id], operator: 'prune' });
    return variant === null ? [] : [variant];
  });
  const asks = variants.map(({ id }) => ({ candidateId: id, rowIds: failing, purpose: 'minibatch' as const }));
  if (asks.length === 0 || failing.length === 0 || context.costOf(asks) > context.left().taskCalls) return null;
  yield* context.evaluate(asks);
  let best: Candidate | null = null;
  let highest = REPAIRED_AT;
  for (const variant of variants) {
    const mean = context.book.mean(variant.id, failing)?.mean ?? 0;
    if (mean < highest || (best !== null && mean === highest)) continue;
    best = variant;
    highest = mean;
  }
  return best;
}
