import pg from 'pg';
import * as z from 'zod';

export interface PolicyNotification {
  readonly projectId: string;
  readonly epoch: number;
}

export interface PolicyListener {
  /** False while the connection is being made anew: notifications of that time are lost, so poll as well. */
  listening(): boolean;
  close(): Promise<void>;
}

export interface PolicyListenerOptions {
  /** Wait before a lost connection is made anew, in milliseconds. */
  readonly retryMs?: number;
}

const CHANNEL = 'trimtab_policy';
const RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
const notificationSchema = z.object({ projectId: z.string(), epoch: z.number() });

/**
 * Listens for moves of the policy pointer on a connection of its own, and makes a lost one anew until closed. It is a
 * hint only: PostgreSQL drops notifications that nobody hears, so whoever needs the truth polls too. `onNotify` is
 * called with null after each (re)connection, because a move may have been missed.
 */
export function listenForPolicies(
  connectionString: string,
  onNotify: (notification: PolicyNotification | null) => void,
  options: PolicyListenerOptions = {},
): PolicyListener {
  const retryMs = options.retryMs ?? RETRY_MS;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let connecting: Promise<void> = Promise.resolve();
  let listening = false;
  let closed = false;

  const retryLater = () => {
    listening = false;
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      connecting = connect();
    }, retryMs);
  };
  const connect = async () => {
    const next = new pg.Client({
      connectionString,
      application_name: 'trimtab-policy-listener',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    });
    client = next;
    next.on('error', () => {});
    next.on('end', retryLater);
    next.on('notification', (message) => {
      const parsed = parseNotification(message.payload);
      if (parsed !== null && !closed) onNotify(parsed);
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${CHANNEL}`);
      if (closed) return;
      listening = true;
      onNotify(null);
    } catch {
      await next.end().catch(() => {});
      retryLater();
    }
  };

  connecting = connect();
  return {
    listening: () => listening,
    async close() {
      closed = true;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => {});
      listening = false;
    },
  };
}

function parseNotification(payload: string | undefined): PolicyNotification | null {
  if (payload === undefined) return null;
  try {
    return notificationSchema.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}
