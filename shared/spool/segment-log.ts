import type { Log } from '#shared/log.ts';
import { type SegmentCatalogue, segmentPath } from './segment-catalogue.ts';
import type { AppendFile, SpoolFiles } from './spool-files.ts';

interface OpenSegment {
  readonly number: number;
  readonly file: AppendFile;
  length: number;
}

/**
 * Appends groups to segment files. A segment that failed to take or to sync a group is abandoned: after a failed
 * fsync the system has forgotten what was not written, so trying again would report success for lost bytes.
 */
export class SegmentLog {
  readonly #files: SpoolFiles;
  readonly #log: Log;
  readonly #directory: string;
  readonly #catalogue: SegmentCatalogue;
  readonly #segmentBytesMax: number;
  #nextNumber: number;
  #current: OpenSegment | null = null;
  /** Appending and ending a segment take turns. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(
    deps: { readonly files: SpoolFiles; readonly log: Log; readonly catalogue: SegmentCatalogue },
    options: { readonly directory: string; readonly firstNumber: number; readonly segmentBytesMax: number },
  ) {
    this.#files = deps.files;
    this.#log = deps.log;
    this.#catalogue = deps.catalogue;
    this.#directory = options.directory;
    this.#nextNumber = options.firstNumber;
    this.#segmentBytesMax = options.segmentBytesMax;
  }

  /** Resolves when the bytes are on the disk. Rejects with the disk's error; the segment is then closed for good. */
  append(buffers: readonly Buffer[]): Promise<void> {
    return this.#inTurn(() => this.#append(buffers));
  }

  /** Ends the segment that is being written: what comes next goes into another one. */
  endSegment(): Promise<void> {
    return this.#inTurn(() => this.close());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => {});
    return done;
  }

  async #append(buffers: readonly Buffer[]): Promise<void> {
    const segment = await this.#segmentFor();
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    try {
      await segment.file.append(buffers);
      await segment.file.sync();
    } catch (error) {
      await this.#abandon(segment);
      throw error;
    }
    segment.length += bytes;
    this.#catalogue.set({ number: segment.number, length: segment.length, isDamaged: false });
  }

  /** The number of the segment that may still grow, or null. */
  get currentNumber(): number | null {
    return this.#current?.number ?? null;
  }

  async close(): Promise<void> {
    const segment = this.#current;
    this.#current = null;
    await segment?.file.close();
  }

  async #segmentFor(): Promise<OpenSegment> {
    if (this.#current !== null && this.#current.length < this.#segmentBytesMax) return this.#current;
    await this.close();
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const path = segmentPath(this.#directory, number);
    const file = await this.#files.createAppend(path);
    const segment = { number, file, length: 0 };
    try {
      await this.#files.syncDirectory(this.#directory);
    } catch (error) {
      await this.#abandon(segment);
      throw error;
    }
    this.#catalogue.set({ number, length: 0, isDamaged: false });
    this.#current = segment;
    return segment;
  }

  async #abandon(segment: OpenSegment): Promise<void> {
    if (this.#current === segment) this.#current = null;
    await segment.file.close().catch((error: unknown) => this.#log.warn({ error }, 'closing a spool segment failed'));
    if (segment.length > 0) return;
    // Nothing in it was ever reported durable, and a disk that fails for hours must not fill with empty files.
    this.#catalogue.delete(segment.number);
    await this.#files
      .remove(segmentPath(this.#directory, segment.number))
      .catch((error: unknown) => this.#log.warn({ error }, 'removing an empty spool segment failed'));
  }
}
