import { join } from 'node:path';
import { freeBytes } from '#shared/free-bytes.ts';
import type { Log } from '#shared/log.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts';
import { type Frame, findFrame, frameBytes, readFrame } from './frame.ts';
import { type Segment, type SegmentCatalogue, segmentPath } from './segment-catalogue.ts';
import type { SpoolFiles } from './spool-files.ts';
import { BATCH_BYTES_MAX, BATCH_FRAMES_MAX, BATCH_RECORDS_MAX, READ_CHUNK_BYTES } from './spool-limits.ts';
import { type CountedDrops, SpoolFold } from './spool-state.ts';

/** Frames in the order of the log, each one once. */
export interface SpoolBatch {
  readonly frames: readonly Frame[];
  readonly records: readonly Frame[];
  /** Something was counted: a record, a drop or a lost call. */
  readonly isCounted: boolean;
  /** Projects with drops that were counted beside the log. */
  readonly dropProjects: readonly string[];
  readonly segment: number;
  readonly offset: number;
}

interface Place {
  segment: number;
  offset: number;
}

/** What was read before its turn. */
interface SeenAhead {
  readonly from: Readonly<Place>;
  readonly frames: readonly Frame[];
  readonly place: Readonly<Place>;
  readonly chunks: readonly Buffer[];
}

export const QUARANTINE_FOLDER = 'quarantine';

/** Reads the durable part of the log in order, from the checkpoint on. One reader per spool. */
export class SpoolReader {
  readonly #files: SpoolFiles;
  readonly #log: Log;
  readonly #directory: string;
  readonly #catalogue: SegmentCatalogue;
  readonly #isGrowing: (segment: number) => boolean;
  readonly #spoolId: string;
  #place: Readonly<Place>;
  #seen: SeenAhead | null = null;
  #drained: SpoolFold;
  #damagedPlaces = 0;
  #dropBatches: readonly string[];
  /** Projects whose drops no acknowledged batch has told of yet, and those that the batch in hand tells of. */
  readonly #untold: Set<string>;
  readonly #told = new Set<string>();
  /** What the frames of a batch are parts of. */
  readonly #chunks = new WeakMap<SpoolBatch, readonly Buffer[]>();
  /** Checkpoints are written one after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(
    deps: {
      readonly files: SpoolFiles;
      readonly log: Log;
      readonly catalogue: SegmentCatalogue;
      /** Whether the writer may still add to a segment. */
      readonly isGrowing: (segment: number) => boolean;
    },
    options: { readonly directory: string; readonly checkpoint: Checkpoint },
  ) {
    this.#files = deps.files;
    this.#log = deps.log;
    this.#catalogue = deps.catalogue;
    this.#isGrowing = deps.isGrowing;
    this.#directory = options.directory;
    this.#spoolId = options.checkpoint.spoolId;
    this.#place = { segment: options.checkpoint.segment, offset: options.checkpoint.offset };
    this.#drained = new SpoolFold(options.checkpoint.state);
    this.#dropBatches = options.checkpoint.dropBatches;
    const { projects } = options.checkpoint.state;
    this.#untold = new Set([...projects].flatMap(([projectId, { dropped }]) => (dropped > 0 ? [projectId] : [])));
  }

  /** The log folded up to the last acknowledged frame. */
  get drained(): SpoolFold {
    return this.#drained;
  }

  get damagedPlaces(): number {
    return this.#damagedPlaces;
  }

  /** The next frames, or null when all durable ones are acknowledged. The same ones again until they are. */
  async next(): Promise<SpoolBatch | null> {
    const { segment, offset } = this.#place;
    if (this.#seen?.from.segment !== segment || this.#seen.from.offset !== offset) this.#seen = null;
    const { frames, place, chunks } = this.#seen ?? (await this.#readFrom(this.#place, this.#drained.sequence));
    const hasMoved = place.segment !== this.#place.segment || place.offset !== this.#place.offset;
    if (!hasMoved && this.#untold.size === 0 && this.#told.size === 0) return null;
    for (const projectId of this.#untold) this.#told.add(projectId);
    this.#untold.clear();
    const batch: SpoolBatch = {
      frames,
      records: frames.filter((frame) => frame.type === 'record'),
      isCounted: this.#told.size > 0 || frames.some((frame) => frame.type !== 'begin'),
      dropProjects: [...this.#told],
      ...place,
    };
    this.#chunks.set(batch, chunks);
    return batch;
  }

  /** Records behind a batch that is not acknowledged yet: what the next one will begin with. */
  async ahead(batch: SpoolBatch): Promise<readonly Frame[]> {
    const from = { segment: batch.segment, offset: batch.offset };
    this.#seen = { from, ...(await this.#readFrom(from, batch.frames.at(-1)?.sequence ?? this.#drained.sequence)) };
    // Nothing yet is not what will be there.
    if (this.#seen.frames.length === 0) this.#seen = null;
    return this.#seen?.frames.filter((frame) => frame.type === 'record') ?? [];
  }

  /** As many frames as a batch takes, and where they end. */
  async #readFrom(from: Readonly<Place>, sequence: number): Promise<Omit<SeenAhead, 'from'>> {
    const frames: Frame[] = [];
    const chunks: Buffer[] = [];
    const place: Place = { ...from };
    let lastSequence = sequence;
    let records = 0;
    let bytes = 0;
    while (records < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX && frames.length < BATCH_FRAMES_MAX) {
      const segment = this.#catalogue.get(place.segment);
      if (segment === undefined || place.offset >= segment.length) {
        const following = this.#catalogue.after(place.segment);
        if (following === undefined) break;
        place.segment = following.number;
        place.offset = 0;
        continue;
      }
      const some = await this.#readSome(segment, place, BATCH_RECORDS_MAX - records, BATCH_BYTES_MAX - bytes);
      chunks.push(some.chunk);
      for (const frame of some.frames) {
        if (frame.sequence <= lastSequence) continue;
        lastSequence = frame.sequence;
        frames.push(frame);
        if (frame.type !== 'record') continue;
        records += 1;
        bytes += frameBytes(frame);
      }
    }
    return { frames, place, chunks };
  }

  /**
   * Counts drops beside the log, durably. Those of the last checkpoint that counted any are not counted again: their
   * writer may have died before it could strike them off.
   *
   * @returns those that are counted by this
   */
  async countDrops(drops: readonly CountedDrops[]): Promise<readonly CountedDrops[]> {
    const counted = drops.filter(({ batchId }) => !this.#dropBatches.includes(batchId));
    if (counted.length === 0) return [];
    await this.#exclusively(async () => {
      const drained = new SpoolFold(this.#drained);
      for (const drop of counted) drained.addDrops(drop);
      const dropBatches = drops.map(({ batchId }) => batchId);
      await this.#writeCheckpoint({ ...this.#place, state: drained, dropBatches });
      this.#drained = drained;
      this.#dropBatches = dropBatches;
    });
    for (const { projectId } of counted) this.#untold.add(projectId);
    return counted;
  }

  /** Removes the segment that is read to its end, if nothing is added to it any more. */
  removeFinished(): Promise<void> {
    return this.#exclusively(async () => {
      const segment = this.#catalogue.get(this.#place.segment);
      if (segment === undefined || this.#place.offset < segment.length || this.#isGrowing(segment.number)) return;
      const place = { ...this.#place, state: this.#drained, dropBatches: this.#dropBatches };
      await this.#writeCheckpoint(place);
      await this.#retire(segment);
    });
  }

  /**
   * Moves the checkpoint behind the batch, durably, and removes the segments that are done with. Bodies of the batch must
   * not be read any more from then on.
   */
  async acknowledge(batch: SpoolBatch): Promise<void> {
    await this.#exclusively(() => this.#acknowledge(batch));
    for (const chunk of this.#chunks.get(batch) ?? []) freeBytes(chunk);
    this.#chunks.delete(batch);
  }

  async #acknowledge(batch: SpoolBatch): Promise<void> {
    const drained = new SpoolFold(this.#drained);
    for (const frame of batch.frames) drained.apply(frame);
    const segment = this.#catalogue.get(batch.segment);
    const isFinished = segment !== undefined && batch.offset >= segment.length && !this.#isGrowing(batch.segment);
    const isPersisted = batch.isCounted || isFinished || batch.segment !== this.#place.segment;
    // Begin markers alone are not worth a sync: read again after a crash, they fold to the same state.
    if (isPersisted) {
      const { segment: number, offset } = batch;
      await this.#writeCheckpoint({ segment: number, offset, state: drained, dropBatches: this.#dropBatches });
    }
    this.#told.clear();
    this.#drained = drained;
    this.#place = { segment: batch.segment, offset: batch.offset };
    for (const old of this.#catalogue.before(batch.segment)) await this.#retire(old);
    if (isFinished) await this.#retire(segment);
  }

  #writeCheckpoint(checkpoint: Omit<Checkpoint, 'spoolId'>): Promise<void> {
    return writeCheckpoint(this.#files, this.#directory, { spoolId: this.#spoolId, ...checkpoint });
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => {});
    return done;
  }

  /** Frames from `place` on, which moves behind them. */
  async #readSome(
    segment: Segment,
    place: Place,
    recordsMax: number,
    bytesMax: number,
  ): Promise<{ readonly frames: readonly Frame[]; readonly chunk: Buffer }> {
    const left = segment.length - place.offset;
    let chunk = await this.#read(segment, place.offset, Math.min(left, READ_CHUNK_BYTES));
    if (readFrame(chunk, 0).type !== 'frame' && chunk.length < left) {
      chunk = await this.#read(segment, place.offset, left);
    }
    const frames: Frame[] = [];
    let at = 0;
    let records = 0;
    let bytes = 0;
    while (at < chunk.length && records < recordsMax && bytes < bytesMax) {
      const read = readFrame(chunk, at);
      if (read.type !== 'frame') break;
      frames.push(read.frame);
      at = read.end;
      if (read.frame.type !== 'record') continue;
      records += 1;
      bytes += frameBytes(read.frame);
    }
    place.offset += at === 0 ? this.#skipDamage(segment, chunk) : at;
    return { frames, chunk };
  }

  #read(segment: Segment, offset: number, length: number): Promise<Buffer> {
    return this.#files.read(segmentPath(this.#directory, segment.number), offset, length);
  }

  /** How far the next whole frame is. The segment is kept when it is done with, instead of being removed. */
  #skipDamage(segment: Segment, rest: Buffer): number {
    this.#damagedPlaces += 1;
    this.#catalogue.markDamaged(segment.number);
    const next = findFrame(rest, 1);
    this.#log.error({ segment: segment.number, isTail: next === null }, 'spool segment is damaged');
    return next ?? rest.length;
  }

  async #retire(segment: Segment): Promise<void> {
    const path = segmentPath(this.#directory, segment.number);
    try {
      if (segment.isDamaged) {
        const folder = join(this.#directory, QUARANTINE_FOLDER);
        await this.#files.makeDirectory(folder);
        await this.#files.rename(path, segmentPath(folder, segment.number));
      } else {
        await this.#files.remove(path);
      }
      this.#catalogue.delete(segment.number);
    } catch (error) {
      // It stays in the catalogue, and so is tried again with the next batch.
      this.#log.warn({ error, segment: segment.number }, 'a drained spool segment could not be removed');
    }
  }
}
