import { DRAIN_WILDCARD, type DrainGroup, type DrainState } from './drain-state.ts';

export interface MinedTemplate {
  readonly state: DrainState;
  /** Of the group that took the text, or null when the limit of groups is reached. */
  readonly groupId: number | null;
  readonly template: string;
}

/**
 * Takes one masked text into the groups (He et al. 2017, Drain): texts of equal length in words whose leading words are
 * equal go to the group with most words in common, and words that differ become wildcards. The state is not changed but
 * made anew; groups are shared between both.
 */
export function mineTemplate(state: DrainState, text: string): MinedTemplate {
  const words = text.split(' ').filter((word) => word !== '');
  const { similarity, depth, groupsMax } = state.options;
  let best: DrainGroup | null = null;
  let bestSimilarity = similarity;
  for (const group of state.groups) {
    if (group.words.length !== words.length || !hasSameStart(group.words, words, depth)) continue;
    const found = wordSimilarity(group.words, words);
    if (found > bestSimilarity || (best === null && found >= bestSimilarity)) [best, bestSimilarity] = [group, found];
  }
  if (best !== null) return joined(state, best, words);
  if (state.groups.length >= groupsMax) return { state, groupId: null, template: words.join(' ') };
  const group = { id: state.groups.length, words, count: 1 };
  return { state: { ...state, groups: [...state.groups, group] }, groupId: group.id, template: words.join(' ') };
}

function joined(state: DrainState, group: DrainGroup, words: readonly string[]): MinedTemplate {
  const merged = {
    ...group,
    words: group.words.map((word, index) => (word === words[index] ? word : DRAIN_WILDCARD)),
    count: group.count + 1,
  };
  const groups = state.groups.with(group.id, merged);
  return { state: { ...state, groups }, groupId: group.id, template: merged.words.join(' ') };
}

function hasSameStart(left: readonly string[], right: readonly string[], depth: number): boolean {
  for (let index = 0; index < Math.min(depth, left.length); index += 1) {
    if (left[index] !== right[index] && left[index] !== DRAIN_WILDCARD) return false;
  }
  return true;
}

/** Share of places with the same word; a wildcard is no word in common. */
function wordSimilarity(group: readonly string[], words: readonly string[]): number {
  if (words.length === 0) return 1;
  let same = 0;
  for (let index = 0; index < words.length; index += 1) if (group[index] === words[index]) same += 1;
  return same / words.length;
}
