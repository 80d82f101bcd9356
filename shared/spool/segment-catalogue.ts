import { join } from 'node:path';

export interface Segment {
  readonly number: number;
  /** Bytes that are durable and may be read. What a failed group left behind them is not. */
  readonly length: number;
  /** Kept for a person to look at when it is done with. */
  readonly isDamaged: boolean;
}

const NAME = /^(\d{12})\.segment$/;

export function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(12, '0')}.segment`);
}

/** The number of a segment file, or null for any other name. */
export function segmentNumberOf(name: string): number | null {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The segments on disk, in order; the writer makes them longer and the reader takes them away. */
export class SegmentCatalogue {
  readonly #segments = new Map<number, Segment>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get(number: number): Segment | undefined {
    return this.#segments.get(number);
  }

  set(segment: Segment): void {
    this.#bytes += segment.length - (this.#segments.get(segment.number)?.length ?? 0);
    this.#segments.set(segment.number, segment);
  }

  delete(number: number): void {
    this.#bytes -= this.#segments.get(number)?.length ?? 0;
    this.#segments.delete(number);
  }

  markDamaged(number: number): void {
    const segment = this.#segments.get(number);
    if (segment !== undefined) this.#segments.set(number, { ...segment, isDamaged: true });
  }

  before(number: number): readonly Segment[] {
    return [...this.#segments.values()].filter((segment) => segment.number < number);
  }

  /** The first segment behind this one. Numbers have gaps. */
  after(number: number): Segment | undefined {
    let next: Segment | undefined;
    for (const segment of this.#segments.values()) {
      if (segment.number > number && (next === undefined || segment.number < next.number)) next = segment;
    }
    return next;
  }
}
