/** A measured figure; one without a bar is there to be known. */
export interface EventFigure {
  readonly id: string;
  readonly value: number;
  readonly op: '<=' | '>=';
  readonly bar: number | null;
  readonly pass: boolean | null;
  /** Of how many measurements. */
  readonly n: number;
  /** Where the value lies with 95 %, or the least and the most of several runs; null where it is counted. */
  readonly interval: readonly [number, number] | null;
}

/** A figure against its bar. */
export function figureOf(
  measured: Pick<EventFigure, 'id' | 'value' | 'op' | 'n'> & { readonly bar: number } & Partial<
      Pick<EventFigure, 'interval'>
    >,
): EventFigure {
  const { value, op, bar, interval = null } = measured;
  return { ...measured, pass: op === '<=' ? value <= bar : value >= bar, interval };
}

export function known(id: string, value: number, n: number): EventFigure {
  return { id, value, op: '<=', bar: null, pass: null, n, interval: null };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** An interval of 95 % of the mean of batches. */
export function intervalOf(batches: readonly number[]): readonly [number, number] | null {
  if (batches.length < 2) return null;
  const mean = batches.reduce((sum, value) => sum + value, 0) / batches.length;
  const variance = batches.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches.length - 1);
  const half = 2 * Math.sqrt(variance / batches.length);
  return [mean - half, mean + half];
}
