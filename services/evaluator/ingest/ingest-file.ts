import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { sha256Hex } from '#shared/content-hash.ts';
import type { CallStore, StoredCallRef } from '#shared/database/call-store.ts';
import { isRefusedData } from '#shared/database/is-refused-data.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import { type ScoreQueue, scoreJobsOf } from '#shared/spool/score-jobs-of.ts';
import { type FileLine, readLines } from './read-lines.ts';
import { recordedRunSchema, runToCalls } from './run-to-calls.ts';

/** Formats of recorded runs that can be read. */
export const FILE_FORMATS = ['openai-chat'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export interface IngestFileOptions {
  /** JSON Lines, one recorded run a line; `.gz` is unpacked on the way. */
  readonly path: string;
  readonly format: FileFormat;
  readonly model: string;
  readonly provider?: string;
  readonly projectId: string;
  /** Unix milliseconds at which every run counts as begun. Give the same again: the ids of the calls contain it. */
  readonly startedAt: number;
}

export interface IngestFileDeps {
  readonly callStore: CallStore;
  readonly queue: ScoreQueue;
  readonly openFile?: (path: string) => Readable;
  readonly onProgress?: (progress: IngestProgress) => void;
  readonly signal?: AbortSignal;
}

export interface IngestProgress {
  readonly lines: number;
  readonly runs: number;
  /** Assistant turns found. */
  readonly calls: number;
  /** Of these, the ones that were not stored before. */
  readonly newCalls: number;
  /** Lines, and single calls, that could not be taken. */
  readonly skipped: number;
}

interface SkippedLine {
  readonly line: number;
  readonly reason: string;
}

export interface IngestReport extends IngestProgress {
  /** The first of the skipped ones. */
  readonly skippedLines: readonly SkippedLine[];
}

const LINE_BYTES_MAX = 64 * 1_024 * 1_024;
const BATCH_CALLS = 100;
const SKIPPED_LINES_MAX = 100;

/**
 * Stores every assistant turn of a file of recorded runs as a call, and enqueues its scoring. Reading the same file
 * again changes nothing: a run is known by its content, so it may also have moved to another line or file. Lines that
 * cannot be read are counted and named, and the rest is taken. Rejects when the file, the store or the queue fails.
 */
export async function ingestFile(deps: IngestFileDeps, options: IngestFileOptions): Promise<IngestReport> {
  const ingest = new FileIngest(deps, options);
  for await (const line of readLines(openLines(deps, options.path), { lineBytesMax: LINE_BYTES_MAX })) {
    deps.signal?.throwIfAborted();
    await ingest.take(line);
  }
  return await ingest.finish();
}

function openLines(deps: IngestFileDeps, path: string): Readable {
  const file = (deps.openFile ?? createReadStream)(path);
  if (!path.endsWith('.gz')) return file;
  const unpacked = createGunzip();
  file.on('error', (error: Error) => unpacked.destroy(error));
  return file.pipe(unpacked);
}

interface PlacedRecord {
  readonly line: number;
  readonly record: CallRecord;
}

class FileIngest {
  readonly #deps: IngestFileDeps;
  readonly #options: IngestFileOptions;
  /** How often each run was seen: two equal lines of one file are two runs. */
  readonly #occurrences = new Map<string, number>();
  readonly #skippedLines: SkippedLine[] = [];
  #progress = { lines: 0, runs: 0, calls: 0, newCalls: 0, skipped: 0 };
  #waiting: PlacedRecord[] = [];

  constructor(deps: IngestFileDeps, options: IngestFileOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  async take(line: FileLine): Promise<void> {
    this.#progress.lines += 1;
    const run = this.#parse(line);
    if (typeof run === 'string') return this.#skip(line.number, run);
    const { projectId, model, provider, startedAt } = this.#options;
    const origin = { projectId, runId: run.id, model, provider: provider ?? null, startedAt };
    this.#progress.runs += 1;
    for (const record of runToCalls(run.value, origin)) {
      this.#progress.calls += 1;
      this.#waiting.push({ line: line.number, record });
      if (this.#waiting.length >= BATCH_CALLS) await this.#storeWaiting();
    }
  }

  async finish(): Promise<IngestReport> {
    await this.#storeWaiting();
    return { ...this.#progress, skippedLines: this.#skippedLines };
  }

  /** The run and its id, or why the line is none. */
  #parse(line: FileLine) {
    if (line.text === null) return `line is longer than ${LINE_BYTES_MAX} bytes`;
    let value: unknown;
    try {
      value = JSON.parse(line.text);
    } catch {
      return 'line is not JSON';
    }
    const parsed = recordedRunSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return `not a recorded run: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`.slice(0, 200);
    }
    const content = sha256Hex(`${this.#options.format}\u0000${this.#options.model}\u0000${line.text.trim()}`);
    const occurrence = (this.#occurrences.get(content) ?? 0) + 1;
    this.#occurrences.set(content, occurrence);
    return { value: parsed.data, id: sha256Hex(`${content} ${occurrence}`).slice(0, 32) };
  }

  #skip(line: number, reason: string): void {
    this.#progress.skipped += 1;
    if (this.#skippedLines.length < SKIPPED_LINES_MAX) this.#skippedLines.push({ line, reason });
  }

  async #storeWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const stored = await this.#store(batch);
    this.#progress.newCalls += stored.filter((ref) => ref.isNew).length;
    await this.#deps.queue.addBulk(scoreJobsOf(stored));
    this.#deps.onProgress?.({ ...this.#progress });
  }

  /** When the store refuses a batch, its calls go one by one, and only those it refuses are left out. */
  async #store(batch: readonly PlacedRecord[]): Promise<readonly StoredCallRef[]> {
    try {
      return await this.#deps.callStore.store(batch.map(({ record }) => record));
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      const [only] = batch;
      if (batch.length === 1 && only !== undefined) {
        this.#skip(only.line, 'the store refused a call of this run');
        return [];
      }
      const stored: StoredCallRef[] = [];
      for (const each of batch) stored.push(...(await this.#store([each])));
      return stored;
    }
  }
}
