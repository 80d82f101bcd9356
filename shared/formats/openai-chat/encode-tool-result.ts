import type { CanonicalToolResult } from '../canonical.ts';
import { joinTexts, resultBlocks } from '../describe-content.ts';
import { type Encoding, lose, type RequestPath } from '../encoding.ts';
import { FAILURE_NOTE } from '../walk-conversation.ts';
import type { ChatContentPart } from './chat-request.ts';
import { encodeCacheControl } from './encode-cache-control.ts';
import { encodeBlock } from './encode-content.ts';

export interface EncodedToolResult {
  readonly text: string;
  /** Breakpoint of the tool message, to be spread into it. */
  readonly cacheControl: { readonly cache_control?: unknown };
  /** What a tool message cannot hold; it follows in the next user message. */
  readonly carried: readonly ChatContentPart[];
}

/**
 * A tool result as the text of a tool message. Images and files go into the user message behind the results, named by
 * the call they belong to; pasted as base64 text they would cost a fortune and show nothing.
 */
export function encodeToolResult(
  encoding: Encoding,
  result: CanonicalToolResult,
  callId: string,
  path: RequestPath,
): EncodedToolResult {
  let cacheControl = encodeCacheControl(encoding, result, path, true);
  const parts = resultBlocks(result, path).flatMap((placed) => encodeBlock(encoding, placed.block, placed.path));
  const texts: string[] = [];
  if (result.is_error === true) {
    lose(encoding, 'approximated', [...path, 'is_error'], 'is_error said in the text of the result');
    texts.push(FAILURE_NOTE);
  }
  const carried: ChatContentPart[] = [];
  for (const part of parts) {
    if (part.type !== 'text') carried.push(part);
    else {
      texts.push(part.text);
      // A breakpoint inside the result is one behind it, as a tool message is one text.
      if (part.cache_control !== undefined) cacheControl = { cache_control: part.cache_control };
    }
  }
  if (carried.length === 0) return { text: joinTexts(texts), cacheControl, carried };
  lose(encoding, 'approximated', path, 'image or file of a tool result moved to the next user message');
  texts.push(`[${carried.length} attachment(s) of this result follow in the next user message]`);
  return {
    text: joinTexts(texts),
    cacheControl,
    carried: [{ type: 'text', text: `Attached to tool result ${callId}:` }, ...carried],
  };
}
