/** Words of a narrative, and pairs of neighbouring words. Placeholders and short words say nothing of why. */
export function narrativeTerms(text: string): ReadonlyMap<string, number> {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  words.forEach((word, index) => {
    add(word);
    const next = words[index + 1];
    if (next !== undefined) add(`${word} ${next}`);
  });
  return counts;
}
