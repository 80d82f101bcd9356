import type { CanonicalToolResult } from '../canonical.ts';
import { lose, type RequestPath } from '../encoding.ts';
import { FAILURE_NOTE, UNANSWERED_CALL } from '../walk-conversation.ts';
import type { ConverseShown, ConverseText, ConverseToolResult } from './converse-request.ts';
import { encodeShown, encodeText } from './encode-content.ts';
import { type Encoding, noteInnerCacheControl } from './encoding.ts';

const EMPTY_RESULT = '(no output)';
export interface EncodedToolResult {
  readonly block: ConverseToolResult;
  /** What the result of this model cannot hold; it follows the results in the same message. */
  readonly carried: readonly ConverseShown[];
}

/** What a result shows, with what it says about itself. */
function resultContent(encoding: Encoding, result: CanonicalToolResult, path: RequestPath): readonly ConverseShown[] {
  if (typeof result.content === 'string') return encodeText(encoding, result.content, [...path, 'content']);
  return (result.content ?? []).flatMap((block, index) => {
    const blockPath = [...path, 'content', index];
    noteInnerCacheControl(encoding, block, blockPath);
    return encodeShown(encoding, block, blockPath);
  });
}

const isText = (block: ConverseShown): block is ConverseText => 'text' in block;

/** A tool result, its failure as `status`, its images and documents inside it where the model takes them there. */
export function encodeToolResult(
  encoding: Encoding,
  result: CanonicalToolResult,
  toolUseId: string,
  path: RequestPath,
): EncodedToolResult {
  const shown = resultContent(encoding, result, path);
  const isError = result.is_error === true;
  if (encoding.traits.richToolResults) {
    const content = shown.length === 0 ? [{ text: EMPTY_RESULT }] : shown;
    return { block: { toolResult: { toolUseId, content, ...(isError ? { status: 'error' } : {}) } }, carried: [] };
  }
  const texts: ConverseShown[] = shown.filter(isText);
  const carried = shown.filter((block) => !isText(block));
  if (isError) {
    lose(encoding, 'approximated', [...path, 'is_error'], 'is_error said in the text of the result');
    texts.unshift({ text: FAILURE_NOTE });
  }
  if (carried.length > 0) {
    lose(encoding, 'approximated', path, 'image or document of a tool result moved behind the results');
    texts.push({ text: `[${carried.length} attachment(s) of this result follow]` });
    carried.unshift({ text: `Attached to tool result ${toolUseId}:` });
  }
  const content = texts.length === 0 ? [{ text: EMPTY_RESULT }] : texts;
  return { block: { toolResult: { toolUseId, content } }, carried };
}

export function unansweredResult(toolUseId: string): ConverseToolResult {
  return { toolResult: { toolUseId, content: [{ text: UNANSWERED_CALL }] } };
}

/** A result that cannot be sent as one keeps its content, as what it is: something that the user side said. */
export function encodeResultAsText(
  encoding: Encoding,
  result: CanonicalToolResult,
  path: RequestPath,
): readonly ConverseShown[] {
  const shown = resultContent(encoding, result, path);
  const head = `Result of an earlier tool call${result.is_error === true ? ', which failed' : ''}:`;
  return [{ text: head }, ...(shown.length === 0 ? [{ text: EMPTY_RESULT }] : shown)];
}
