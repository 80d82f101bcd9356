/**
 * Area under the curve of the receiver: the chance that a subject that came out well has the higher score of two, ties
 * counting half. Null when all came out alike.
 */
export function auroc(scores: readonly number[], labels: readonly (0 | 1)[]): number | null {
  const order = scores.map((_score, index) => index).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  let ranks = 0;
  let positives = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end += 1;
    for (let place = start; place < end; place += 1) {
      if (labels[order[place] ?? 0] !== 1) continue;
      ranks += (start + end + 1) / 2;
      positives += 1;
    }
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
