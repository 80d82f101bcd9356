import type { Canonical, CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import type { Encoding } from '../encoding.ts';
import type { EncodedRequest } from '../format.ts';
import type { JsonObject } from '../json-object.ts';
import { promptCacheKey } from '../prompt-cache-key.ts';
import { jsonHeaders, noteUnreadFields } from '../request-options.ts';
import { plainServerTools } from '../server-tools/plain-server-tools.ts';
import type { ChatMessage } from './chat-request.ts';
import { encodeChatExtras } from './encode-chat-extras.ts';
import { encodeLimits } from './encode-limits.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeOutputFormat } from './encode-output-config.ts';
import { encodeReasoning } from './encode-reasoning.ts';
import { encodeTools } from './encode-tools.ts';

function encodeStream(encoding: Encoding, body: CanonicalBody): JsonObject {
  if (body.stream !== true) return {};
  // Without being asked, servers report no usage in streams.
  return encoding.target.acceptsStreamOptions
    ? { stream: true, stream_options: { include_usage: true } }
    : { stream: true };
}

/** vLLM goes on from an assistant message in the end, and starts no turn of its own, when it is told both. */
function encodeContinuation(encoding: Encoding, messages: readonly ChatMessage[]): JsonObject {
  if (encoding.target.continuation !== 'continue_final_message' || messages.at(-1)?.role !== 'assistant') return {};
  return { continue_final_message: true, add_generation_prompt: false };
}

/** A canonical request as a Chat Completions request, and the ledger of what did not fit. */
export function encodeRequest(canonical: Canonical, target: EncodeTarget): EncodedRequest {
  const cacheKey = promptCacheKey(canonical, target);
  const encoding: Encoding = { format: 'openai-chat', target, losses: [], hasCacheKey: cacheKey !== null };
  const body = plainServerTools(encoding, canonical.body);
  const messages = encodeMessages(encoding, body);
  const tools = encodeTools(encoding, body);
  const hasTools = tools['tools'] !== undefined;
  const encoded: JsonObject = {
    ...encodeChatExtras(encoding, canonical.extras, hasTools),
    model: target.model,
    ...(cacheKey === null ? {} : { prompt_cache_key: cacheKey }),
    messages,
    ...encodeContinuation(encoding, messages),
    ...tools,
    ...encodeLimits(encoding, body),
    ...encodeReasoning(encoding, body),
    ...encodeOutputFormat(encoding, body, hasTools),
    ...encodeStream(encoding, body),
  };
  noteUnreadFields(encoding, body);
  return {
    body: encoded,
    headers: jsonHeaders(body),
    path: '/chat/completions',
    losses: encoding.losses,
  };
}
