import type { Language } from './language.ts';

/** Where a text stops being its language; lines and columns count from one. */
export interface SyntaxFault {
  readonly line: number;
  readonly column: number;
}

export type SyntaxVerdict =
  | { readonly type: 'valid' }
  | { readonly type: 'invalid'; readonly fault: SyntaxFault }
  | { readonly type: 'unknown'; readonly reason: 'too_large' | 'too_slow' };

/**
 * Says whether a text is written in its language. The same text gets the same verdict for ever: what is too much is
 * measured in characters and steps of the parser, not in time.
 */
export type CheckSyntax = (language: Language, text: string) => SyntaxVerdict;
