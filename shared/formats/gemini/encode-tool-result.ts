import type { CanonicalToolResult } from '../canonical.ts';
import { joinTexts, resultBlocks } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import { encodeBlock } from './encode-content.ts';
import type { GeminiContentPart, GeminiMediaPart, GeminiResponsePart } from './gemini-request.ts';
import { modelGeneration } from './model-generation.ts';

export type ToolResponse = Omit<GeminiResponsePart['functionResponse'], 'id' | 'name'>;

export interface EncodedToolResult {
  readonly response: ToolResponse;
  /** What a function response cannot hold; it follows as a user turn. */
  readonly carried: readonly GeminiContentPart[];
}

/** What function responses may hold beside text, since the third generation. */
const RESPONSE_MEDIA_TYPES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'application/pdf',
  'text/plain',
]);

function fitsResponse(encoding: Encoding, part: GeminiContentPart): part is GeminiMediaPart {
  return (
    modelGeneration(encoding.target) >= 3 && 'inlineData' in part && RESPONSE_MEDIA_TYPES.has(part.inlineData.mimeType)
  );
}

/**
 * A tool result as a function response. Images go inside it where the model takes them there, else into the user turn
 * behind the results, named by the tool; pasted as base64 text they would cost a fortune and show nothing.
 */
export function encodeToolResult(
  encoding: Encoding,
  result: CanonicalToolResult,
  toolName: string,
  path: RequestPath,
): EncodedToolResult {
  noteCacheControl(encoding, result, path);
  const parts = resultBlocks(result, path).flatMap((placed) => encodeBlock(encoding, placed.block, placed.path));
  const texts: string[] = [];
  const media: GeminiMediaPart[] = [];
  const carried: GeminiContentPart[] = [];
  for (const part of parts) {
    if ('text' in part) texts.push(part.text);
    else if (fitsResponse(encoding, part)) media.push(part);
    else carried.push(part);
  }
  if (carried.length > 0) {
    lose(encoding, 'approximated', path, 'image or file of a tool result moved to the next user turn');
    texts.push(`[${carried.length} attachment(s) of this result follow in the next user message]`);
    carried.unshift({ text: `Attached to the result of ${toolName}:` });
  }
  const said = joinTexts(texts);
  return {
    response: {
      response: result.is_error === true ? { error: said } : { output: said },
      ...(media.length > 0 ? { parts: media } : {}),
    },
    carried,
  };
}
