import type { Log } from '#shared/log.ts';
import type { WebhookReport } from './webhook-sender.ts';

export interface WebhookTask {
  start(): void;
  /** Waits for deliveries that are on their way. */
  stop(): Promise<void>;
}

const EVERY_MS = 5_000;

/** Has the outbox looked at every few seconds, one look after the other; a slow receiver holds up nothing else. */
export function createWebhookTask(deps: {
  readonly sender: { run(): Promise<WebhookReport> };
  readonly log: Log;
}): WebhookTask {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    try {
      const { delayed, failed } = await deps.sender.run();
      if (delayed > 0) deps.log.warn({ deliveries: delayed }, 'webhooks were not taken; they are sent again');
      if (failed > 0) deps.log.error({ deliveries: failed }, 'webhooks could not be delivered and are given up');
    } catch (error) {
      deps.log.warn({ error }, 'the outbox of webhooks could not be read; it is tried again');
    }
  };
  return {
    start() {
      timer = setInterval(() => {
        running ??= look().finally(() => {
          running = null;
        });
      }, EVERY_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
