import { titleOf } from '../clustering/title.ts';
import { keywordsOf, type WeightedText } from './keywords.ts';

/** A template as names are made of it. */
export interface NamedTemplate {
  readonly check: string;
  readonly turnShape: string;
  readonly expectedVsActual: string;
  readonly template: string;
  readonly mass: number;
}

/**
 * A name of facts and of the words that tell a cluster from others of its check; the same on every machine.
 *
 * @param templates of the cluster, heaviest first
 * @param siblings templates of the other clusters of the same check
 */
export function nameFromFacts(templates: readonly NamedTemplate[], siblings: readonly NamedTemplate[]): string {
  const [leader] = templates;
  if (leader === undefined) return '';
  const shapes = new Set(templates.map(({ turnShape }) => turnShape));
  const turnShape = shapes.size === 1 ? leader.turnShape : `${shapes.size} turn shapes`;
  // What is the same in the others tells nothing: only where the difference itself does not tell them apart, words do.
  const isAlone = siblings.every(({ expectedVsActual }) => expectedVsActual !== leader.expectedVsActual);
  const words = isAlone ? [] : keywordsOf(templates.map(asText), siblings.map(asText));
  const expectedVsActual = [leader.expectedVsActual, words.join(' ')].filter((part) => part !== '').join(', ');
  return titleOf({ check: leader.check, expectedVsActual, turnShape }, []);
}

function asText({ expectedVsActual, template, mass }: NamedTemplate): WeightedText {
  return { text: `${expectedVsActual} ${template}`, mass };
}
