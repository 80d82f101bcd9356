/**
 * Control characters but tab and line feed, and format characters: those are drawn as nothing or turn the text around,
 * and among them is the block of invisible letters. Variation selectors hide bytes in the same way.
 */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Variation_Selector}\u2028\u2029]/gu;

/** Tokens with which chat templates separate roles; each is broken by a blank behind its first character. */
const ROLE_TOKENS =
  /<\||<｜|<(?=\/?(?:s|sys|start_of_turn|end_of_turn|bos|eos|system|assistant|user|human)>)|\[(?=\/?INST\])|<(?=<\/?SYS>>)/gi;

/** Lines that look like our own fence or like the head of one of our messages. */
const FENCE = /^([ \t]*)(BEGIN|END)(?=[ \t]+\S+[ \t]*$)/gm;
const MESSAGE_HEAD = /^([ \t]*)\[(?=m\d+\])/gm;

/** Keys of the answer that a judge is to give, as JSON writes them. */
const VERDICT_KEY = /(["'])(verdict|criteria|control_even|control_odd)\1(\s*:)/g;
const CONTROL_ID = /\bcontrol_(?=even\b|odd\b)/g;

/** Stands between words of marked data; a text that has it already loses it. */
const DATA_MARK = /\u02c6/g;

/**
 * Takes from a stranger's text what a person would not see but a model would, and breaks what looks like our own signs:
 * tokens that separate roles, our fence, heads of messages, an answer with verdicts. Nothing else is changed: quotes are
 * checked against the result.
 */
export function neutralise(text: string): string {
  return text
    .toWellFormed()
    .replace(INVISIBLE, '')
    .replace(DATA_MARK, '^')
    .replace(ROLE_TOKENS, (token) => `${token[0]} ${token.slice(1)}`)
    .replaceAll('|>', '| >')
    .replace(FENCE, '$1$2 -')
    .replace(MESSAGE_HEAD, '$1[ ')
    .replace(VERDICT_KEY, '($2)$3')
    .replace(CONTROL_ID, 'control-');
}
