import { contentHash } from '#shared/content-hash.ts';

/** A prompt under optimization: text by component. One component `prefix`, or one for each provider. */
export type Prompt = Readonly<Record<string, string>>;

/** Name of the component where there is only one. */
export const PREFIX_COMPONENT = 'prefix';

/** Equal prompts have equal ids, so that a text that is found twice is one candidate and is scored once. */
export function promptId(prompt: Prompt): string {
  return contentHash(prompt);
}

/** Characters over all components. */
export function promptLength(prompt: Prompt): number {
  return Object.values(prompt).reduce((sum, text) => sum + text.length, 0);
}
