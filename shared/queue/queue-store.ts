import type { Job, JobsOptions, KeepJobs } from 'bullmq';
import type { QueueName } from './names.ts';

/** The part of BullMQ's queue that the door uses; both stores' queues have it. */
export interface StoreQueue {
  addBulk(jobs: { name: string; data: unknown; opts?: JobsOptions }[]): Promise<unknown>;
  getJobCounts(): Promise<Record<string, number>>;
  getJobState(id: string): Promise<string>;
  getFailed(start: number, end: number): Promise<Job[]>;
  remove(id: string): Promise<number>;
}

/** The part of `StoreWorker` that the door uses. */
export interface OpenStoreWorker {
  run(): Promise<void>;
  close(): Promise<void>;
  abandon(): Promise<void>;
  cancelAllJobs(reason: string): void;
  isRunning(): boolean;
}

/** A freshly built BullMQ object. If `ready` rejects or hangs it has to be disposed of and built again. */
export interface Candidate<T> {
  readonly value: T;
  readonly ready: Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

export type StoreProcessor = (job: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<void>;

/** BullMQ's worker options, without the connection. */
export interface StoreWorkerOptions {
  readonly autorun: false;
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
  readonly runRetryDelay: number;
  readonly drainDelay: number;
  readonly removeOnComplete: KeepJobs;
  readonly removeOnFail: KeepJobs;
}

/** Builds BullMQ's objects on one kind of store. */
export interface QueueStore {
  readonly kind: 'postgres' | 'redis';
  buildQueue(name: QueueName, onError: (error: Error) => void): Candidate<StoreQueue>;
  buildWorker(
    /** A queue of ours, or what a foreign producer has named its own. */
    name: string,
    processor: StoreProcessor,
    options: StoreWorkerOptions,
    onError: (error: Error) => void,
  ): Candidate<OpenStoreWorker>;
}
