import { LRUCache } from 'lru-cache';

/** A script, or one of the languages of the Latin script that a few words tell apart. */
type Language = 'en' | 'es' | 'fr' | 'de' | 'pt' | 'it' | 'nl' | Script;
type Script = 'latin' | 'cyrillic' | 'han' | 'kana' | 'hangul' | 'arabic' | 'hebrew' | 'devanagari' | 'greek' | 'thai';

const SCRIPTS: readonly (readonly [Script, RegExp])[] = [
  ['latin', /\p{Script=Latin}/gu],
  ['cyrillic', /\p{Script=Cyrillic}/gu],
  ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['han', /\p{Script=Han}/gu],
  ['hangul', /\p{Script=Hangul}/gu],
  ['arabic', /\p{Script=Arabic}/gu],
  ['hebrew', /\p{Script=Hebrew}/gu],
  ['devanagari', /\p{Script=Devanagari}/gu],
  ['greek', /\p{Script=Greek}/gu],
  ['thai', /\p{Script=Thai}/gu],
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const IS_ASCII = /^[\x00-\x7f]*$/;
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const FUNCTION_WORDS: readonly (readonly ['en' | 'es' | 'fr' | 'de' | 'pt' | 'it' | 'nl', ReadonlySet<string>])[] = [
  [
    'en',
    words(
      'the and is are you your to of in for with that this it have has can will be was were i we my not on or if please what',
    ),
  ],
  [
    'es',
    words(
      'el la los las y es son usted tu su de en para con que este esta lo ha puede será no por un una se más como pero gracias',
    ),
  ],
  [
    'fr',
    words(
      'le la les et est sont vous votre vos de des du en pour avec que ce cette il a été peut ne pas par un une sur ou mais merci je nous',
    ),
  ],
  [
    'de',
    words(
      'der die das und ist sind sie ihr ihre ihren zu von in für mit dass dieser diese es hat kann wird nicht auf oder ein eine ich wir aber bitte',
    ),
  ],
  [
    'pt',
    words(
      'o a os as e é são você seu sua de do da em para com que este esta foi pode não por um uma se mais como mas obrigado nós eu meu minha ao na dos isso está também',
    ),
  ],
  [
    'it',
    words(
      'il lo la gli le e è sono lei suo sua di del della in per con che questo questa ha può non un una si più come ma grazie ho',
    ),
  ],
  [
    'nl',
    words(
      'de het een en is zijn u uw je van in voor met dat dit heeft kan wordt niet op of ik we maar om te er naar graag',
    ),
  ],
];

/** By function word, the languages that have it, as indexes of the list above. */
const LANGUAGES_OF = new Map<string, number[]>();
for (const [index, [, words]] of FUNCTION_WORDS.entries()) {
  for (const word of words) LANGUAGES_OF.set(word, [...(LANGUAGES_OF.get(word) ?? []), index]);
}

/** Letters below which nothing is said of a language, and words below which none of the Latin ones is told. */
const LETTERS_MIN = 24;
const WORDS_MIN = 8;
/** Share of the letters that a script must have, and of the words that a language's function words must make up. */
const SCRIPT_SHARE = 0.6;
const FUNCTION_WORD_SHARE = 0.18;
/** How many different function words tell a language; names and labels repeat a few. */
const FUNCTION_WORDS_MIN = 3;
/** As many in one sentence are a hint that it is in that language. */
const HINT_WORDS_MIN = 2;
/** Share of what is written that must be words: less is code, a table or a list of ids. */
const PROSE_SHARE = 0.6;
/** Texts are told by their beginning. */
const READ_CHARACTERS_MAX = 2_000;
/** Texts of that length whose language is remembered. */
const TOLD_MAX = 500;

/** What stands between spaces, or between signs of a script that has none. */
const RUN = /[!-~\p{Script=Latin}]+/gu;
const AROUND_WORD = /^[^\p{L}\d]+|[^\p{L}\d]+$/gu;
const WORD = /^\p{L}+(?:['-]\p{L}+)*$/u;
/** Names of code, of what shouts, and of what is counted: readFile, SELECT, x. */
const CODE_NAME = /\p{Ll}\p{Lu}|^\p{Lu}{2}|^[b-df-hj-np-tv-xz]$/u;
/** Most of what is written in ASCII; whatever this misses is looked at closer. */
const PLAIN_WORD = /^[A-Za-z][a-z]+[.,;:!?]?$/;
const OTHER_SCRIPT = /(?!\p{Script=Latin})\p{L}/u;
const CODE_SIGN = /[={}<>()[\];\\]/;
const SENTENCE_END = /\n|[.!?](?=\s)/;
/** The small words of a name say nothing of the text around it: Ana de la Cruz, Jan van den Berg. */
const NAME_PARTICLES =
  /(?<=\p{Lu}\p{Ll}+)(?: (?:de|del|la|las|los|da|do|dos|di|della|von|van|den|der|du|le|y|e)){1,3}(?= \p{Lu}\p{Ll})/gu;

/**
 * The language of a text, or null when it is too short, too mixed, or no prose to tell. `latin` is one that is not known.
 */
export function languageOf(text: string): Language | null {
  const beginning = text.slice(0, READ_CHARACTERS_MAX);
  const known = told.get(beginning);
  if (known !== undefined) return known.language;
  const language = tellLanguage(beginning);
  told.set(beginning, { language });
  return language;
}

/** What was told lately: in every turn of a session the user has said the same. */
const told = new LRUCache<string, { readonly language: Language | null }>({ max: TOLD_MAX });

function tellLanguage(text: string): Language | null {
  const read = proseOf(text);
  if (read === null) return null;
  if (IS_ASCII.test(read)) return read.replace(/[^a-z]+/gi, '').length < LETTERS_MIN ? null : latinLanguageOf(read);
  const counts = SCRIPTS.map(([script, pattern]) => ({ script, letters: read.match(pattern)?.length ?? 0 }));
  const total = counts.reduce((sum, { letters }) => sum + letters, 0);
  // A sign of these scripts is a word or a syllable.
  const dense = counts.filter(({ script }) => script === 'han' || script === 'kana' || script === 'hangul');
  const denseLetters = dense.reduce((sum, { letters }) => sum + letters, 0);
  if (total + 2 * denseLetters < LETTERS_MIN) return null;
  if (denseLetters / total >= SCRIPT_SHARE) {
    if (dense.some(({ script, letters }) => script === 'kana' && letters / denseLetters > 0.1)) return 'kana';
    return dense.some(({ script, letters }) => script === 'hangul' && letters / denseLetters > 0.5) ? 'hangul' : 'han';
  }
  const main = counts.find(({ letters }) => letters / total >= SCRIPT_SHARE);
  if (main === undefined) return null;
  return main.script === 'latin' ? latinLanguageOf(read) : main.script;
}

/** Whether one sentence of a text hints at another language than that of the whole, as a question about a pasted text does. */
export function hasSentenceIn(text: string, language: Language, whole: Language): boolean {
  return text
    .slice(0, READ_CHARACTERS_MAX)
    .split(SENTENCE_END)
    .some((sentence) => {
      const words = wordsOf(sentence);
      const hints = functionWords(words, language).size;
      return hints >= HINT_WORDS_MIN && hints > functionWords(words, whole).size;
    });
}

/** The words of a text without ids, paths, addresses and names of code; null when these are most of it. */
function proseOf(text: string): string | null {
  let words = 0;
  let others = 0;
  const prose = text.replace(RUN, (run) => {
    if (PLAIN_WORD.test(run)) {
      words += 1;
      return run;
    }
    const word = run.replace(AROUND_WORD, '');
    if (WORD.test(word) && !CODE_NAME.test(word)) {
      words += 1;
      return run;
    }
    if (/\p{L}/u.test(word) || CODE_SIGN.test(run)) others += 1;
    return ' ';
  });
  return others > 0 && words / (words + others) < PROSE_SHARE && !OTHER_SCRIPT.test(prose) ? null : prose;
}

function latinLanguageOf(text: string): Language | null {
  const all = wordsOf(text);
  if (all.length < WORDS_MIN) return null;
  const counts = FUNCTION_WORDS.map(([language]) => ({ language, count: 0 }));
  for (const word of all) {
    for (const index of LANGUAGES_OF.get(word) ?? []) {
      const language = counts[index];
      if (language !== undefined) language.count += 1;
    }
  }
  const shares = counts
    .map(({ language, count }) => ({ language, share: count / all.length }))
    .sort((left, right) => right.share - left.share);
  const [best, second] = shares;
  if (best === undefined || second === undefined || best.share < FUNCTION_WORD_SHARE) return null;
  if (functionWords(all, best.language).size < FUNCTION_WORDS_MIN) return null;
  // Neighbours share many of their small words.
  return best.share >= 1.4 * second.share ? best.language : null;
}

function wordsOf(text: string): readonly string[] {
  return (
    text
      .replace(NAME_PARTICLES, '')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  );
}

/** Which of a language's function words are among the words; single letters are as often labels. */
function functionWords(all: readonly string[], language: Language): ReadonlySet<string> {
  const known = FUNCTION_WORDS.find(([name]) => name === language)?.[1];
  return new Set(known === undefined ? [] : all.filter((word) => word.length > 1 && known.has(word)));
}
