import { LRUCache } from 'lru-cache';

/** Words by which users, agents and tools of any trade say how it went. General ones only: none names a task. */
const LISTS = {
  content:
    /\b(thank(s| you)?|great|perfect|awesome|excellent|works?|working|appreciate|glad|wonderful|resolved|fixed|sorted|happy|helpful|exactly|good|fantastic|love)\b/gi,
  trouble:
    /\b(not|no|never|isn't|doesn't|didn't|can't|cannot|won't|wrong|incorrect|frustrat\w*|disappoint\w*|upset|annoy\w*|unfortunately|still|problem|issue|error|fail\w*|unable|insist|but|ridiculous|unacceptable|confus\w*|stuck)\b/gi,
  regret:
    /\b(sorry|apologi[sz]e|apologies|unfortunately|unable|cannot|can't|not (able|possible|allowed|eligible)|afraid)\b/gi,
  done: /\b(success\w*|completed?|done|confirmed|has been|have been|processed|updated|all set|resolved|now)\b/gi,
  joining: /\b(and|also|both|then|plus)\b/gi,
} as const;

/** A longer text says how it went at its beginning; the bound keeps the cost of a call flat. */
const CHARACTERS_MAX = 2_000;

/** Texts shorter than this are counted faster than they are found. */
const REMEMBERED_CHARACTERS_MIN = 100;
/** Texts, of four kilobytes each at most, whose counts are kept: every turn brings those of the turns before. */
const REMEMBERED_TEXTS_MAX = 2_000;

type ListName = keyof typeof LISTS;

const remembered = new LRUCache<string, Map<ListName, number>>({ max: REMEMBERED_TEXTS_MAX });

/** How many words of a list a text has. */
export function countWords(list: ListName, text: string): number {
  // A longer text would be held in memory whole by its beginning.
  if (text.length < REMEMBERED_CHARACTERS_MIN || text.length > CHARACTERS_MAX) return countIn(list, text);
  const counts = remembered.get(text) ?? new Map<ListName, number>();
  const known = counts.get(list);
  if (known !== undefined) return known;
  const count = countIn(list, text);
  if (counts.size === 0) remembered.set(text, counts);
  counts.set(list, count);
  return count;
}

function countIn(list: ListName, text: string): number {
  return text.slice(0, CHARACTERS_MAX).match(LISTS[list])?.length ?? 0;
}
