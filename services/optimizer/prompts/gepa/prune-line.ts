import type { Candidate } from '../contract/candidate-book.ts';
import type { SearchContext } from '../contract/search-context.ts';
import { componentsOf, withComponent } from '../moves/component-text.ts';
import { linesOf } from './merge-texts.ts';

/**
 * A candidate without one of its lines, drawn among those not tried yet; null when there are none. An instruction that
 * once helped may be what holds a prompt back now, and no teacher who only sees failures can know which one it is.
 */
export function pruneLine(context: SearchContext<unknown>, parent: Candidate): Candidate | null {
  const options = componentsOf(parent.prompt).flatMap((component) => {
    const lines = linesOf(parent.prompt[component] ?? '');
    return lines.length < 2 ? [] : lines.map((line) => ({ component, text: lines.filter((each) => each !== line).join('\n') }));
  });
  const known = new Set(context.book.list().map(({ prompt }) => JSON.stringify(prompt)));
  const fresh = options
    .map(({ component, text }) => withComponent(parent.prompt, component, text))
    .filter((prompt) => !known.has(JSON.stringify(prompt)));
  if (fresh.length === 0) return null;
  const prompt = context.random('prune').pick(fresh);
  return context.book.add({ prompt, parents: [parent.id], operator: 'prune' });
}
