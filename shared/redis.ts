import { Redis, type RedisOptions } from 'ioredis';

/** A connection attempt that takes longer is given up and repeated. */
const CONNECT_TIMEOUT_MS = 3_000;
/** The one thing that releases a caller when Redis is frozen rather than dead. */
const PRODUCER_COMMAND_TIMEOUT_MS = 4_000;
/** Longer than the ten seconds that BullMQ blocks on an empty queue. */
const WORKER_COMMAND_TIMEOUT_MS = 20_000;
/** Keeps a connection that a firewall dropped silently from being trusted for hours. */
const KEEP_ALIVE_MS = 10_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 500;

export interface RedisPurpose {
  /** A producer fails fast and never queues commands in memory; a worker waits for Redis as long as it takes. */
  readonly purpose: 'producer' | 'worker';
  /** Called for every connection error; ioredis prints them when nobody listens. */
  readonly onError: (error: Error) => void;
}

/** A client that reconnects for ever, half a second after the last failure at the latest. The caller disconnects it. */
export function createRedis(url: string, options: RedisPurpose): Redis {
  const client = new Redis(url, { ...SHARED_OPTIONS, ...OPTIONS_OF_PURPOSE[options.purpose] });
  client.on('error', options.onError);
  return client;
}

type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

const SHARED_OPTIONS: ClientOptions = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  retryStrategy: (times) => Math.min(RECONNECT_MIN_MS * 2 ** Math.min(times, 10), RECONNECT_MAX_MS),
  // A replica promoted elsewhere answers READONLY: drop the connection and send the command again on a new one.
  reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
};

const OPTIONS_OF_PURPOSE: Record<RedisPurpose['purpose'], ClientOptions> = {
  producer: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
  },
  // BullMQ insists on null here: a blocked read has to survive any number of reconnects.
  worker: { maxRetriesPerRequest: null, commandTimeout: WORKER_COMMAND_TIMEOUT_MS },
};
