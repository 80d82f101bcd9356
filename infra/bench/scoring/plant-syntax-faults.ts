import type { Language } from '../../../services/evaluator/scorers/code/language.ts';
import type { SeededRandom } from '../../arena/seeded-random.ts';
import { codePositions } from './code-positions.ts';

/** A text with one fault that its grammar cannot take, by construction. */
export interface PlantedFault {
  readonly kind:
    | 'closing bracket left out'
    | 'closing bracket too many'
    | 'cut behind an opening bracket'
    | 'word left out';
  readonly text: string;
}

/** What must stand where it stands: the end of a block in a shell, the colon before a block in Python. */
const WORDS: Readonly<Partial<Record<Language, RegExp>>> = {
  bash: /^ *(?:fi|done|then)$/gm,
  json: /,$/gm,
  python: /^ *(?:def \w+\([\w, ]*\)|class \w+|else|try|while True|for \w+ in \w+|if \w+):$/gm,
};

/**
 * Faults at places drawn at random. Brackets balance in every grammar here once strings and comments are set aside, so
 * that a text that was balanced and lost or gained one is in none of these languages; the same holds for a text that
 * ends behind an opening one, and for the words.
 */
export function plantSyntaxFaults(
  language: Language,
  text: string,
  random: SeededRandom,
  perKind: number,
): readonly PlantedFault[] {
  const positions = codePositions(language, text);
  const closing = positions.filter((position) => /[)\]}]/.test(text.charAt(position)));
  const opening = positions.filter((position) => /[([{]/.test(text.charAt(position)));
  const draw = <Item>(items: readonly Item[]) => drawSome(items, perKind, random);
  return [
    ...draw(closing).map((at) => planted('closing bracket left out', text.slice(0, at) + text.slice(at + 1))),
    ...draw(closing).map((at) =>
      planted('closing bracket too many', text.slice(0, at) + text.charAt(at) + text.slice(at)),
    ),
    ...draw(opening).map((at) => planted('cut behind an opening bracket', text.slice(0, at + 1))),
    ...draw(wordsOf(language, text, positions)).map(([from, to]) =>
      planted('word left out', text.slice(0, from) + text.slice(to)),
    ),
  ];
}

function planted(kind: PlantedFault['kind'], text: string): PlantedFault {
  return { kind, text };
}

function wordsOf(
  language: Language,
  text: string,
  positions: readonly number[],
): readonly (readonly [number, number])[] {
  const pattern = WORDS[language];
  if (pattern === undefined) return [];
  const isCode = new Set(positions);
  return [...text.matchAll(pattern)].flatMap((match): [number, number][] => {
    const end = match.index + match[0].length;
    // Of a header only the colon goes, of the other lines the word.
    const from = language === 'bash' ? match.index : end - 1;
    return isCode.has(end - 1) ? [[from, end]] : [];
  });
}

function drawSome<Item>(items: readonly Item[], count: number, random: SeededRandom): readonly Item[] {
  const rest = [...items];
  const drawn: Item[] = [];
  while (drawn.length < count && rest.length > 0)
    drawn.push(...rest.splice(Math.floor(random.uniform() * rest.length), 1));
  return drawn;
}
