import type { JsonObject } from '#shared/formats/json-object.ts';
import type { Answer, AnswerContext } from '../answer.ts';

/** Errors that every upstream knows, each in its own words. */
export type UpstreamFault = 'invalid' | 'unauthenticated' | 'forbidden' | 'rate_limit' | 'overloaded' | 'server';

export interface FaultReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** How one wire format says an answer. */
export interface Wire {
  readonly streamType: string;
  body(answer: Answer, context: AnswerContext): unknown;
  /** Whole frames of a stream, in order. */
  frames(answer: Answer, context: AnswerContext): readonly Buffer[];
  /** Whole frames of a stream whose events somebody recorded. */
  replay(events: readonly JsonObject[]): readonly Buffer[];
  fault(fault: UpstreamFault, message: string): FaultReply;
  /** An error in the middle of a stream. */
  streamFault(message: string): Buffer;
  /** Stream data that is no event of this format. */
  readonly garbage: Buffer;
}

export function sse(data: object | string, event?: string): Buffer {
  const said = typeof data === 'string' ? data : JSON.stringify(data);
  return Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${said}\n\n`);
}

/** Recorded events of a format whose SSE events have names. */
export function namedFrames(events: readonly JsonObject[]): readonly Buffer[] {
  return events.map((event) => sse(event, String(event['type'])));
}

export const FAULT_STATUSES: Readonly<Record<UpstreamFault, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  rate_limit: 429,
  overloaded: 503,
  server: 500,
};

export const SSE_TYPE = 'text/event-stream';
