import type { CanonicalContentBlock, CanonicalMessage } from '../canonical.ts';
import type { AnswerContext, EncodedAnswer } from '../format.ts';
import type { Loss } from '../loss.ts';
import { toolArguments } from '../tool-arguments.ts';
import type { ChatCustomCall, ChatToolCall } from './chat-request.ts';
import { customCallText, customNamesOf } from './custom-tool.ts';
import { encodeStopReason } from './encode-stop-reason.ts';
import { encodeChatUsage } from './encode-usage.ts';
import { noteBlock, notePart, noteStop } from './note-answer-losses.ts';

type ToolUse = Extract<CanonicalContentBlock, { type: 'tool_use' }>;

interface AnswerParts {
  text: string;
  reasoning: string;
  readonly calls: (ChatToolCall | ChatCustomCall)[];
}

/** The completion's id, made of the message's own so that a stream and a whole answer have the same one. */
export function completionId(messageId: string): string {
  return `chatcmpl-${messageId.replace(/^msg_/, '')}`;
}

function encodeCall(block: ToolUse, customNames: ReadonlySet<unknown>): ChatToolCall | ChatCustomCall {
  const { id, name, input } = block;
  if (customNames.has(name)) return { id, type: 'custom', custom: { name, input: customCallText(input) } };
  return { id, type: 'function', function: { name, arguments: toolArguments(input) } };
}

function collectParts(message: CanonicalMessage, losses: Loss[], customNames: ReadonlySet<unknown>): AnswerParts {
  const parts: AnswerParts = { text: '', reasoning: '', calls: [] };
  for (const [index, block] of message.content.entries()) {
    noteBlock(losses, 'openai-chat', block, index);
    if (block.type === 'text') {
      parts.text += block.text;
      if ((block.citations ?? []).length > 0) notePart(losses, 'openai-chat', index, 'citations');
    } else if (block.type === 'thinking') {
      parts.reasoning += block.thinking;
      if (block.signature !== '') notePart(losses, 'openai-chat', index, 'signature');
    } else if (block.type === 'tool_use') {
      parts.calls.push(encodeCall(block, customNames));
    }
  }
  noteStop(losses, 'openai-chat', message.stop_sequence);
  return parts;
}

/** A whole answer as a `chat.completion`. Reasoning goes into `reasoning_content`, where compatible clients look. */
export function encodeResponse(message: CanonicalMessage, context: AnswerContext): EncodedAnswer {
  const losses: Loss[] = [];
  const { text, reasoning, calls } = collectParts(message, losses, customNamesOf(context));
  const body = {
    id: completionId(message.id),
    object: 'chat.completion',
    created: context.nowSeconds,
    model: message.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: encodeStopReason(message.stop_reason),
      },
    ],
    usage: encodeChatUsage(message.usage),
  };
  return { body, losses };
}
