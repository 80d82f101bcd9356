import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import type { PromptWizardOptions } from './prompt-wizard-options.ts';

/**
 * The published short test: batches until one goes wrong, `minCorrectCount` went right, or `maxEvalBatches` were tried,
 * with two differences. All mutants see the same batches, and one that fails is scored on the first half of them anyway:
 * a test of a single row tells luck, not worth. Best first; equal ones in the order given.
 */
export function* rankMutants(
  context: SearchContext<PromptWizardOptions>,
  mutants: readonly Candidate[],
  rowIds: readonly string[],
): Steps<readonly Candidate[]> {
  const { options, book } = context;
  const { questionsBatchSize, minCorrectCount, maxEvalBatches } = options;
  const batches = Array.from({ length: maxEvalBatches }, (_, index) =>
    rowIds.slice(index * questionsBatchSize, (index + 1) * questionsBatchSize),
  ).filter((batch) => batch.length > 0);
  const standing = new Set(mutants.map(({ id }) => id));
  const correct = new Map<string, number>();
  for (const [index, batch] of batches.entries()) {
    const asked = mutants.filter(({ id }) => standing.has(id) && (correct.get(id) ?? 0) < minCorrectCount);
    const asks = asked.map(({ id }) => ({ candidateId: id, rowIds: batch, purpose: 'minibatch' as const }));
    if (asks.length === 0 || context.costOf(asks) > context.left().taskCalls) break;
    yield* context.evaluate(asks);
    for (const { id } of asked) {
      const right = (book.mean(id, batch)?.mean ?? 0) >= 1;
      if (right) correct.set(id, (correct.get(id) ?? 0) + 1);
      else if (index >= batches.length / 2) standing.delete(id);
    }
  }
  const looked = batches.flat();
  const value = ({ id }: Candidate) => book.mean(id, looked)?.mean ?? 0;
  return mutants.toSorted((a, b) => value(b) - value(a) || a.index - b.index);
}
