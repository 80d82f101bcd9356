/** One measured figure against its bar, as benches write them. The interval is one of 95 %. */
export interface Figure {
  readonly id: string;
  readonly value: number;
  readonly op: '<=' | '>=';
  readonly bar: number;
  readonly pass: boolean;
  readonly n: number;
  readonly interval: readonly [low: number, high: number];
}
