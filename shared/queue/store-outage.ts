import { ConnectionClosedError, type PgPool } from 'bullmq';

/**
 * SQLSTATE classes that say "not now" rather than "no": connection exception (08), insufficient resources (53),
 * shutting down or starting up (57P), serialization failure and deadlock (40), read-only after a failover (25006).
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const PASSING_SQLSTATE = /^(08|53|57P|40|25006)/;

/** True for an error after which the same statement may succeed: the server was cut off, or answered "not now". */
export function isStoreOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isServerAnswer = 'severity' in error && 'code' in error;
  return !isServerAnswer || PASSING_SQLSTATE.test(String(error.code));
}

/**
 * Makes a pool report outages in the one form that BullMQ repeats. It knows only ECONNREFUSED by itself: when the server
 * cuts a connection or is still starting, it gives up writing that a job is done, and the finished job is run again or
 * stays locked until it stalls.
 */
export function reportOutages(pool: PgPool): void {
  const query = pool.query.bind(pool);
  pool.query = async (text, parameters) => {
    try {
      return await query(text, parameters);
    } catch (error) {
      throw isStoreOutage(error) ? new ConnectionClosedError(String(error), error) : error;
    }
  };
}
