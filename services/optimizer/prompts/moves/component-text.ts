import type { Prompt } from '../contract/prompt.ts';
import type { SearchContext } from '../contract/search-context.ts';

export function withComponent(prompt: Prompt, component: string, text: string): Prompt {
  return { ...prompt, [component]: text };
}

/** The rows that are answered with a component of the prompt, in their order. */
export function rowsOfComponent(
  context: Pick<SearchContext<unknown>, 'row'>,
  rowIds: readonly string[],
  component: string,
): readonly string[] {
  return rowIds.filter((rowId) => {
    const own = context.row(rowId).component;
    return own === null || own === component;
  });
}

/** Names of the components in one order, whatever order the seed has them in. */
export function componentsOf(prompt: Prompt): readonly string[] {
  return Object.keys(prompt).sort();
}
