import { type ApiError, brokenUpstream } from '#shared/formats/api-error.ts';
import type { DecodeContext, DecodedResponse } from '#shared/formats/format.ts';
import { type ReadBody, readBody } from '#shared/upstream/read-body.ts';
import type { UpstreamBody } from '#shared/upstream/upstream-body.ts';
import { answerContext } from './answer-context.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Delivery } from './delivery.ts';
import type { EncodedCall } from './encode-call.ts';
import { keepReply, type RawReply } from './raw-reply.ts';
import type { RoutedCall } from './routed-call.ts';

export interface DeliverInput {
  readonly call: RoutedCall;
  readonly encoded: EncodedCall;
  /** Of the answer; it says how a stream is framed. */
  readonly contentType: string | undefined;
  readonly body: UpstreamBody;
  readonly context: DecodeContext;
  readonly connection: ClientConnection;
  /** Milliseconds since the call began. */
  readonly elapsedMs: () => number;
}

/**
 * Delivers an answer that is not streamed. Nothing has been sent when it fails, so the caller answers with the error.
 *
 * @param headers of the answer; called when all losses are known
 */
export async function deliverMessage(
  input: DeliverInput,
  headers: (losses: Delivery['losses']) => Readonly<Record<string, string>>,
): Promise<Delivery> {
  const { encoded, connection } = input;
  const read = await readBody(input.body);
  if (connection.gone.aborted) return failed('client_cancelled', 'cancelled', null, '');
  if (read.type === 'failed') {
    return failed('upstream_error', read.reason === 'too_large' ? 'cut' : read.reason, unreadable(read), '');
  }
  const reply = read.bytes.toString('utf8');
  const raw = keepReply(read.bytes);
  const decoded = decode(input, reply);
  if (decoded.type === 'failed') return failed('upstream_error', 'ok', decoded.error, raw.kept);
  const { message, upstreamStopReason } = decoded;
  const { call } = input;
  const isForwarded = encoded.isForwarded && decoded.isRewritten !== true;
  const answer = isForwarded ? null : call.incoming.clientFormat.encodeResponse(message, answerContext(call));
  const text = answer === null ? '' : JSON.stringify(answer.body);
  const losses = [...decoded.losses, ...(answer?.losses ?? [])];
  connection.begin(200, {
    'content-type': 'application/json',
    'content-length': String(answer === null ? read.bytes.length : Buffer.byteLength(text)),
    ...headers(losses),
  });
  // A text goes out in one piece with the headers.
  connection.end(answer === null ? read.bytes : text);
  return {
    status: 'ok',
    message,
    ...(answer?.body === message ? { messageText: text } : {}),
    upstreamStopReason,
    error: null,
    outcome: 'ok',
    timeToFirstChunkMs: input.elapsedMs(),
    losses,
    upstreamRaw: raw.kept,
    isTruncated: raw.isTruncated,
  };
}

function decode({ encoded, context }: DeliverInput, reply: string): DecodedResponse {
  let body: unknown;
  try {
    body = JSON.parse(reply);
  } catch {
    return { type: 'failed', error: brokenUpstream('The upstream answered with something that is not JSON.') };
  }
  return encoded.served.format.decodeResponse(body, context);
}

function unreadable(read: Extract<ReadBody, { type: 'failed' }>): ApiError {
  switch (read.reason) {
    case 'idle_timeout':
      return {
        ...brokenUpstream('The upstream went silent in the middle of its answer.'),
        type: 'timeout_error',
        status: 504,
      };
    case 'total_timeout':
      return {
        ...brokenUpstream('The upstream did not come to the end of its answer in time.'),
        type: 'timeout_error',
        status: 504,
      };
    case 'too_large':
      return { ...brokenUpstream('The answer of the upstream is too large.'), retryable: false };
    case 'cut':
      return brokenUpstream('The upstream broke off in the middle of its answer.');
    default:
      return read.reason satisfies never;
  }
}

function failed(
  status: Delivery['status'],
  outcome: Delivery['outcome'],
  error: ApiError | null,
  upstreamRaw: RawReply,
): Delivery {
  return {
    status,
    message: null,
    upstreamStopReason: null,
    error,
    outcome,
    timeToFirstChunkMs: null,
    losses: [],
    upstreamRaw,
    isTruncated: false,
  };
}
