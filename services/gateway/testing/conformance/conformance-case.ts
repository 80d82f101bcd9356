import type Anthropic from '@anthropic-ai/sdk';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { CanonicalStreamEvent } from '#shared/formats/canonical.ts';
import type { JsonObject } from '#shared/formats/json-object.ts';
import type { Answer } from './answer.ts';
import type { Column, TargetName } from './columns.ts';
import type { Received, Script, ScriptChoice } from './script.ts';
import type { SentRequest } from './sent-request.ts';

export type Mode = 'streamed' | 'whole';
export type ClientName = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

/** What a client sends; `model` and `stream` are filled in where a body has neither. */
export interface ClientRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** Instead of `body`: the bytes as they are, with `$MODEL` where the model's name stands. */
  readonly text?: string;
  /** The client goes away after so many bytes of the answer. */
  readonly hangsUpAfter?: number;
  /** The same request, so many times at once; `$NUMBER` in it is each one's own. */
  readonly times?: number;
}

/** What came of one request. */
export interface Observed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The answer's JSON; null where it is a stream, or none. */
  readonly body: JsonObject | null;
  /** Events of a stream in Anthropic's format, without pings. */
  readonly events: readonly CanonicalStreamEvent[];
  readonly pings: number;
  /** What Anthropic's SDK made of the answer; null for errors and other formats. */
  readonly message: Anthropic.Message | null;
  /** The error that the client is told, as an answer or as an event. */
  readonly error: { readonly type: string; readonly message: string; readonly details: unknown } | null;
  readonly received: readonly Received[];
  /** The last request that the upstream got. */
  readonly sent: SentRequest;
  readonly sentText: string;
  readonly record: CallRecord | null;
  readonly elapsedMs: number;
  /** What the upstream was told to say, when it was an answer. */
  readonly answer: Answer | null;
}

/** Where a line is run. */
export interface Setting {
  readonly column: Column;
  readonly mode: Mode;
  /** The name by which the client asks for the model. */
  readonly alias: string;
  /** Outcomes of the steps before, in order. */
  readonly before: readonly Observed[];
  /** Sends one more request as it is, for lines about several at once. */
  readonly baseUrl: string;
}

/** One request and its answer. */
export interface Step {
  readonly request: ClientRequest | ((setting: Setting) => ClientRequest);
  /** Absent: no upstream may be asked. */
  readonly script?: Script | ScriptChoice;
  /**
   * `answer` has to hold the oracle, `error` to be an error in the client's own shape, `broken` to be no finished
   * answer; of `other`, the line's own check is all.
   */
  readonly expect?: 'answer' | 'error' | 'broken' | 'other';
  /** Throws, with a sentence, where the line does not hold. */
  readonly check?: (observed: Observed, setting: Setting) => void | Promise<void>;
}

/** Why a line cannot be asked of a format: the concept that it has not, and the page that shows it. */
export interface NotApplicable {
  readonly reason: string;
  readonly document: string;
}

export interface ConformanceCase {
  /** Number in the list; lines with several cases share it. */
  readonly line: string;
  readonly title: string;
  /** Public threads in which users met its absence; empty for what was measured on clients. */
  readonly threads: readonly string[];
  /** Each column may have its own, as where recordings of its servers are played. */
  readonly steps: readonly Step[] | ((column: Column, mode: Mode) => readonly Step[]);
  /** Its streamed and its whole answers are not the same ones. */
  readonly isUnpaired?: boolean;
  readonly target?: TargetName;
  readonly client?: ClientName;
  /** Lines that speak of streams only, or of whole answers only. */
  readonly modes?: readonly Mode[];
  readonly notApplicable?: (column: Column, mode: Mode) => NotApplicable | null;
  /** Streams are not sent a second time in pieces, because time passes in them. */
  readonly isTimed?: boolean;
  /** Where the upstream's bytes were published; absent for bytes that the writers made. */
  readonly fixture?: string;
}
