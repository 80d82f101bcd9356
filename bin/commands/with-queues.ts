import { createLog } from '#shared/log.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import type { CommandContext } from './command-context.ts';
import { systemConnectionString } from './connect-to-running-system.ts';

/** Lets a command speak to the system's queues, and closes what it opened. */
export async function withQueues<T>(context: CommandContext, work: (backend: QueueBackend) => Promise<T>): Promise<T> {
  const { environment } = context;
  // The queue's own warnings would repeat what the command says of the error itself.
  const log = createLog('trimtab', environment.logLevel === 'debug' ? 'debug' : 'fatal');
  const backend = createQueueBackend(
    { log, now: context.now },
    { databaseUrl: systemConnectionString(environment), redisUrl: environment.redisUrl },
  );
  try {
    return await work(backend);
  } finally {
    await backend.close();
  }
}
