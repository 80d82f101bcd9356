import type { TaskRow } from '../contract/task.ts';

/** How one demonstration is written. Named slots, and nothing else is replaced: braces are text like any other. */
const SLOT = /\[\[(input|answer)\]\]/g;

export const DEFAULT_TEMPLATE = '[[input]]\nAnswer: [[answer]]';

/** Whether a template, which may come from a teacher, has both slots and is short enough to be repeated. */
export function isTemplate(text: string): boolean {
  return text.includes('[[input]]') && text.includes('[[answer]]') && text.length <= TEMPLATE_LENGTH_MAX;
}

const TEMPLATE_LENGTH_MAX = 600;

export interface DemonstrationLayout {
  readonly template: string;
  readonly separator: string;
  readonly title: string;
  /** Where they stand with regard to the instruction; the input comes after both. */
  readonly position: 'append' | 'prepend';
}

/** An instruction with demonstrations. Without any it is the instruction alone. */
export function withDemonstrations(
  instruction: string,
  demonstrations: readonly TaskRow[],
  { template, separator, title, position }: DemonstrationLayout,
): string {
  if (demonstrations.length === 0) return instruction;
  const written = demonstrations.map(({ input, expected }) => {
    const values: Readonly<Record<string, string>> = { input, answer: expected ?? '' };
    return template.replace(SLOT, (_slot, name: string) => values[name] ?? '');
  });
  const block = `${title}\n${written.join(separator)}`;
  return position === 'append' ? `${instruction}\n\n${block}` : `${block}\n\n${instruction}`;
}
