import type { TokenFamily } from './token-family.ts';

/** A count being made: texts still to be tokenized, and the tokens of everything that is not text. */
export interface Tally {
  readonly family: TokenFamily;
  readonly texts: string[];
  tokens: number;
}

export function createTally(family: TokenFamily): Tally {
  return { family, texts: [], tokens: 0 };
}

export function addText(tally: Tally, value: unknown): void {
  if (typeof value === 'string' && value !== '') tally.texts.push(value);
}

export function addJson(tally: Tally, value: unknown): void {
  if (value !== undefined && value !== null) tally.texts.push(JSON.stringify(value));
}
