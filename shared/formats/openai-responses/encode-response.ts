import type { CanonicalMessage } from '../canonical.ts';
import type { AnswerContext, EncodedAnswer } from '../format.ts';
import type { Loss } from '../loss.ts';
import { customNamesOf } from '../openai-chat/custom-tool.ts';
import { noteBlock, notePart, noteStop } from '../openai-chat/note-answer-losses.ts';
import { encodeItem, isShownServerBlock, type OutputItem } from './encode-item.ts';
import { incompleteReason, responseObject } from './response-object.ts';

/** A whole answer as a response object. */
export function encodeResponse(message: CanonicalMessage, context: AnswerContext): EncodedAnswer {
  const losses: Loss[] = [];
  const customNames = customNamesOf(context);
  const output: OutputItem[] = [];
  for (const [index, block] of message.content.entries()) {
    if (!isShownServerBlock(block)) noteBlock(losses, 'openai-responses', block, index);
    if (block.type === 'text' && (block.citations ?? []).length > 0) {
      notePart(losses, 'openai-responses', index, 'citations');
    }
    const item = encodeItem(block, message.id, output.length, 'completed', customNames);
    if (item !== null) output.push(item);
  }
  noteStop(losses, 'openai-responses', message.stop_sequence);
  const status = incompleteReason(message.stop_reason) === null ? 'completed' : 'incomplete';
  const facts = { message, status, output, stopReason: message.stop_reason, usage: message.usage } as const;
  return { body: responseObject(context, facts), losses };
}
