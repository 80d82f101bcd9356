import type { HookRecord } from '#shared/domain/hook-record.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CanonicalBody, CanonicalMessage } from '#shared/formats/canonical.ts';
import type { DecodeContext, FormatName } from '#shared/formats/format.ts';
import { UPSTREAM_FORMATS } from '#shared/formats/registry.ts';
import { createSseParser } from '#shared/upstream/sse.ts';

/**
 * The message that the client of a reported call got: from the body that it got, or else from the provider's raw reply.
 * Null when there was none, or only an error.
 *
 * @throws TrimtabError `invalid_request` when the record has a reply that is none of its format
 */
export function readReply(hook: HookRecord, request: CanonicalBody, callId: string): CanonicalMessage | null {
  const context: DecodeContext = {
    callId,
    nowSeconds: Math.floor(hook.startedAt / 1_000),
    request,
    targetModel: hook.model ?? request.model,
  };
  if (hook.response !== undefined) return readWhole(hook, hook.clientFormat, hook.response, context);
  if (hook.upstreamReply === undefined || hook.upstreamFormat === undefined) return null;
  if (!hook.upstreamReply.trimStart().startsWith('{'))
    return readStream(hook.upstreamFormat, hook.upstreamReply, context);
  return readWhole(hook, hook.upstreamFormat, parseJson(hook.upstreamReply), context);
}

function readWhole(
  hook: HookRecord,
  format: FormatName,
  body: unknown,
  context: DecodeContext,
): CanonicalMessage | null {
  const decoded = UPSTREAM_FORMATS[format].decodeResponse(body, context);
  if (decoded.type === 'decoded') return decoded.message;
  // A call that failed has an error for an answer; one that went well has not.
  if (hook.status !== 'ok') return null;
  throw new TrimtabError('invalid_request', `the response is not one of ${format}: ${decoded.error.message}`);
}

function readStream(format: FormatName, text: string, context: DecodeContext): CanonicalMessage | null {
  const parser = createSseParser();
  const decoder = UPSTREAM_FORMATS[format].createStreamDecoder(context);
  for (const event of [...parser.push(Buffer.from(text)), ...parser.end()]) decoder.push(event);
  decoder.end();
  return decoder.message();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TrimtabError('invalid_request', 'upstreamReply is neither JSON nor server-sent events');
  }
}
