import { type IQueueBackend, type JobProgress, Worker } from 'bullmq';

/** BullMQ's worker, with a way out that it lacks: its own `close()` waits for running jobs without limit. */
export class StoreWorker<Backend extends IQueueBackend = IQueueBackend, Connection = unknown> extends Worker<
  unknown,
  void,
  string,
  Backend,
  JobProgress,
  Connection
> {
  /**
   * Stops renewing locks and drops the connections, so that jobs still running stall and go to another worker. What
   * they answer later is discarded.
   */
  async abandon(): Promise<void> {
    await this.lockManager.close();
    await this.backend.close(true);
  }
}
