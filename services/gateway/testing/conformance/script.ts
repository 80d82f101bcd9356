import type { JsonObject } from '#shared/formats/json-object.ts';
import type { Answer } from './answer.ts';
import type { Column } from './columns.ts';
import type { UpstreamFault } from './wires/wire.ts';

/** One request as an upstream received it. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bodyText: string;
  readonly body: JsonObject;
  readonly isStream: boolean;
  /** What a strict server of this format complains of; it is what the client is told. */
  readonly complaint: string | null;
  /** Settles once the request is answered, or its sender has gone. */
  readonly ended: Promise<'answered' | 'cancelled'>;
}

/** How an answer is brought: whole, late, or not to its end. Frames are counted from the first. */
export interface ScriptDelivery {
  readonly headersDelayMs?: number;
  /** The connection breaks after so many frames, or in the middle of a whole body. */
  readonly cutAfter?: number;
  /** Nothing follows so many frames, until the gateway gives up. */
  readonly silentAfter?: number;
  /** An error of the upstream's own follows so many frames. */
  readonly faultAfter?: { readonly frames: number; readonly message: string };
  /** Something that cannot be read follows so many frames, or stands for a whole body. */
  readonly garbageAfter?: number;
}

/** What a scripted upstream does with a request. */
export type Script =
  | { readonly type: 'answer'; readonly answer: Answer; readonly delivery?: ScriptDelivery }
  | {
      readonly type: 'fault';
      readonly fault: UpstreamFault;
      readonly message: string;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** An answer word for word, as somebody published it. */
  | { readonly type: 'verbatim'; readonly body: unknown; readonly frames: readonly Buffer[] };

export type ScriptChoice = (received: Received, column: Column) => Script;

export function says(said: Answer, delivery?: ScriptDelivery): Script {
  return delivery === undefined ? { type: 'answer', answer: said } : { type: 'answer', answer: said, delivery };
}

export function fails(
  fault: UpstreamFault,
  message: string,
  more: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Script {
  return { type: 'fault', fault, message, ...more };
}
