import { byMass } from '../choose-exemplars.ts';
import { classOf } from '../cluster-template.ts';
import { type DrainState, emptyDrain } from './drain-state.ts';
import { mineTemplate } from './mine-template.ts';

export interface TemplateText {
  readonly id: string;
  readonly stage: string;
  readonly check: string;
  readonly mass: number;
  /** As `embeddingTextOf` makes it. */
  readonly text: string;
}

/**
 * The mined text of each template by its id: templates of one class that differ in a few words become one text, which is
 * embedded once. Heaviest first, so that the order of the templates says nothing.
 */
export function minePatterns(templates: readonly TemplateText[]): ReadonlyMap<string, string> {
  const states = new Map<string, DrainState>();
  const groups = new Map<string, { readonly state: string; readonly groupId: number | null; readonly text: string }>();
  for (const template of [...templates].sort(byMass)) {
    const state = classOf(template);
    const mined = mineTemplate(states.get(state) ?? emptyDrain(), template.text);
    states.set(state, mined.state);
    groups.set(template.id, { state, groupId: mined.groupId, text: template.text });
  }
  return new Map(
    [...groups].map(([id, { state, groupId, text }]) => {
      const words = groupId === null ? undefined : states.get(state)?.groups[groupId]?.words;
      return [id, words?.join(' ') ?? text];
    }),
  );
}
