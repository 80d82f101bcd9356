import type { ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';
import type { SeededRandom } from '../../arena/seeded-random.ts';
import type { CleanCall } from './stored-bfcl-call.ts';

/** Puts one fault into a right answer; null where this one has no room for it. */
type Plant = (clean: CleanCall, random: SeededRandom) => ScoredContent | null;

/** A kind of fault, by the scorer that has to find it, and where it can come from. */
export interface CallFault {
  readonly kind: string;
  readonly places: readonly { readonly owner: 'provider' | 'gateway'; readonly plant: Plant }[];
}

export function pick<Item>(items: readonly Item[], random: SeededRandom): Item {
  const item = items[Math.floor(random.uniform() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}
