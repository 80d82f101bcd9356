import * as z from 'zod';

/** What a spool's thread is started with. */
export interface SpoolThreadData {
  readonly directory: string;
  readonly gatewayId: string;
  readonly ring: SharedArrayBuffer;
  readonly spoolBytesMax: number;
  /** Calls in flight, of a thread that follows one that died. */
  readonly inFlight?: readonly string[];
  /** Of the program that the thread runs. */
  readonly settings: unknown;
}

export const threadDataSchema = z.object({
  directory: z.string(),
  gatewayId: z.string(),
  ring: z.instanceof(SharedArrayBuffer),
  spoolBytesMax: z.number(),
  inFlight: z.array(z.string()).optional(),
  settings: z.unknown(),
});

/**
 * `wake`: the ring has frames again. `flush`: answer when everything up to the ticket is durable. `die`: end as a fault
 * would, for tests.
 */
export type SpoolThreadRequest = z.infer<typeof requestSchema>;
export const requestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('wake') }),
  z.object({ type: z.literal('flush'), id: z.number(), ticket: z.number() }),
  z.object({ type: z.literal('stop') }),
  z.object({ type: z.literal('die') }),
]);

export type SpoolThreadReply = z.infer<typeof replySchema>;
export const replySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('flushed'), id: z.number() }),
]);
