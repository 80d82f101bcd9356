import { LRUCache } from 'lru-cache';
import { numbersOf } from './numbers.ts';

/** What scorers have to know of a text again and again while its conversation grows by a turn at a time. */
export interface BlockFacts {
  /** The text in lower case. */
  readonly lower: string;
  /** Its numbers in one writing, by `numbersOf`. */
  readonly numbers: ReadonlySet<string>;
}

/** Texts shorter than this are looked into faster than they are found. */
const REMEMBERED_CHARACTERS_MIN = 256;
/** Memory of one process for texts that were scanned before; two bytes and their lower case each. */
const REMEMBERED_CHARACTERS_MAX = 16_000_000;
const REMEMBERED_TEXTS_MAX = 50_000;

/** Keyed by the text itself: equal blocks of different calls are the same block, wherever they were loaded from. */
const remembered = new LRUCache<string, BlockFacts>({
  max: REMEMBERED_TEXTS_MAX,
  maxSize: REMEMBERED_CHARACTERS_MAX,
  sizeCalculation: (_facts, text) => text.length,
});

/** The facts of a text, worked out when they are first asked for, and once while the text stays in memory. */
export function blockFacts(text: string): BlockFacts {
  if (text.length < REMEMBERED_CHARACTERS_MIN || text.length > REMEMBERED_CHARACTERS_MAX) return createFacts(text);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const facts = createFacts(text);
  remembered.set(text, facts);
  return facts;
}

function createFacts(text: string): BlockFacts {
  let lower: string | null = null;
  let numbers: ReadonlySet<string> | null = null;
  return {
    get lower() {
      lower ??= text.toLowerCase();
      return lower;
    },
    get numbers() {
      numbers ??= numbersOf(text);
      return numbers;
    },
  };
}
