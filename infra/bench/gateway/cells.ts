import type { PayloadSize } from './payloads.ts';

/** One kind of load. */
export interface Cell {
  readonly name: string;
  readonly size: PayloadSize;
  readonly connections: number;
  /** Pieces of a streamed answer and the milliseconds between them; null for an answer in one. */
  readonly stream: { readonly pieces: number; readonly gapMs: number } | null;
}

export const CELLS: readonly Cell[] = [
  { name: 'a-c1', size: 'a', connections: 1, stream: null },
  { name: 'a-c32', size: 'a', connections: 32, stream: null },
  { name: 'b-c1', size: 'b', connections: 1, stream: null },
  { name: 'b-c32', size: 'b', connections: 32, stream: null },
  { name: 'stream-b-c1', size: 'b', connections: 1, stream: { pieces: 12, gapMs: 5 } },
  { name: 'stream-a-c32', size: 'a', connections: 32, stream: { pieces: 50, gapMs: 10 } },
];

/** The model's name tells the model server how to stream. */
export function modelOf({ stream }: Cell): string {
  return stream === null ? 'bench' : `bench-${stream.pieces}-${stream.gapMs}`;
}
