/**
 * Control characters but tab and line feed, and format characters: those are drawn as nothing or turn the text around,
 * and among them is the block of invisible letters.
 */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}]/gu;

/**
 * Takes from a stranger's text what a person would not see but a model would, and breaks the tokens with which chat
 * templates separate roles. Nothing else is changed: quotes are checked against the result.
 */
export function neutralise(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '').replaceAll('<|', '< |').replaceAll('|>', '| >');
}
