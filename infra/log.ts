import type { BaseLogger } from 'pino';

/** What the supervising code needs of a logger; any pino logger fits. */
export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>;
