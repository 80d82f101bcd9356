import type { CanonicalBody, CanonicalContentParam, CanonicalToolResult } from '../canonical.ts';
import type { PlacedBlock, Turn } from '../conversation-turns.ts';
import { encodePlacedName } from '../custom-tools.ts';
import { joinTexts, resultBlocks } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import type { ChatContentPart } from '../openai-chat/chat-request.ts';
import { encodeBlock } from '../openai-chat/encode-content.ts';
import { systemBlocks } from '../system-blocks.ts';
import { toolArguments } from '../tool-arguments.ts';
import { encodeCallId, FAILURE_NOTE, type SentCall, UNANSWERED_CALL, walkConversation } from '../walk-conversation.ts';
import { decodeReasoningSignature } from './reasoning-signature.ts';
import type { InputItem, InputPart } from './responses-request.ts';

/** The input being written. */
interface Transcript {
  readonly items: InputItem[];
  readonly callIds: string[];
}

function encodePart(part: ChatContentPart): InputPart {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'image_url':
      return { type: 'input_image', image_url: part.image_url.url, detail: 'auto' };
    case 'file':
      return { type: 'input_file', ...part.file };
    default:
      return part satisfies never;
  }
}

/** Parts as content: plain text stays a string. */
function joinInput(parts: readonly ChatContentPart[]): string | readonly InputPart[] {
  return parts.every((part) => part.type === 'text') ? joinTexts(parts.map(({ text }) => text)) : parts.map(encodePart);
}

function resultParts(encoding: Encoding, result: CanonicalToolResult, path: RequestPath): readonly ChatContentPart[] {
  noteCacheControl(encoding, result, path);
  const parts = resultBlocks(result, path).flatMap((placed) => encodeBlock(encoding, placed.block, placed.path));
  if (result.is_error !== true) return parts;
  lose(encoding, 'approximated', [...path, 'is_error'], 'is_error said in the text of the result');
  return [{ type: 'text', text: FAILURE_NOTE }, ...parts];
}

/** Reasoning goes back only to the model that wrote it: nobody else can decrypt it. */
function encodeThinking(
  encoding: Encoding,
  block: Extract<CanonicalContentParam, { type: 'thinking' }>,
  path: RequestPath,
): InputItem | null {
  const held = decodeReasoningSignature(block.signature);
  if (held === null || held.model !== encoding.target.model || !encoding.target.supportsReasoningEffort) {
    lose(encoding, 'dropped', path, 'thinking of another model, or without its encrypted form');
    return null;
  }
  return {
    type: 'reasoning',
    id: held.id,
    summary: block.thinking === '' ? [] : [{ type: 'summary_text', text: block.thinking }],
    encrypted_content: held.encryptedContent,
  };
}

function isReasoning(item: InputItem | undefined): boolean {
  return item !== undefined && 'type' in item && item.type === 'reasoning';
}

function encodeAssistantTurn(encoding: Encoding, turn: Turn, transcript: Transcript): SentCall[] {
  const calls: SentCall[] = [];
  for (const { block, path } of turn.blocks) {
    noteCacheControl(encoding, block, path);
    if (block.type === 'text') {
      if (block.text !== '') transcript.items.push({ role: 'assistant', content: block.text });
    } else if (block.type === 'tool_use') {
      const upstreamId = encodeCallId(encoding, block.id, transcript.callIds, path);
      transcript.callIds.push(upstreamId);
      calls.push({ canonicalId: block.id, upstreamId, path });
      const name = encodePlacedName(encoding, block.name, path);
      transcript.items.push({
        type: 'function_call',
        call_id: upstreamId,
        name,
        arguments: toolArguments(block.input),
      });
    } else if (block.type === 'thinking') {
      const item = encodeThinking(encoding, block, path);
      if (item !== null) transcript.items.push(item);
    } else lose(encoding, 'dropped', path, 'assistant block that the Responses API has not');
  }
  // Servers refuse reasoning that led to nothing, as of an answer that was cut off.
  while (isReasoning(transcript.items.at(-1))) {
    transcript.items.pop();
    lose(encoding, 'dropped', turn.path, 'thinking that led to nothing');
  }
  return calls;
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(encoding: Encoding, result: CanonicalToolResult, path: RequestPath): readonly ChatContentPart[] {
  lose(encoding, 'repaired', path, 'tool result without its call sent as user text');
  return [{ type: 'text', text: 'Result of an earlier tool call:' }, ...resultParts(encoding, result, path)];
}

function encodeUserTurn(encoding: Encoding, blocks: readonly PlacedBlock[], transcript: Transcript): void {
  const parts = blocks.flatMap(({ block, path }) =>
    block.type === 'tool_result' ? encodeOrphan(encoding, block, path) : encodeBlock(encoding, block, path),
  );
  if (parts.length > 0) transcript.items.push({ role: 'user', content: joinInput(parts) });
}

function encodeSystemTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  const parts = turn.blocks.flatMap(({ block, path }) => encodeBlock(encoding, block, path));
  const content = joinTexts(parts.map((part) => (part.type === 'text' ? part.text : '')));
  if (content !== '') transcript.items.push({ role: 'developer', content });
}

/** The conversation as input items. Order within a turn is kept: reasoning stands before what it led to. */
export function encodeInput(encoding: Encoding, messages: CanonicalBody['messages']): readonly InputItem[] {
  const transcript: Transcript = { items: [], callIds: [] };
  walkConversation<SentCall>(encoding, messages, {
    system: (turn) => encodeSystemTurn(encoding, turn, transcript),
    user: (blocks) => encodeUserTurn(encoding, blocks, transcript),
    assistant: (turn) => ({ calls: encodeAssistantTurn(encoding, turn, transcript), isSaid: true }),
    answers(answered) {
      for (const { call, found } of answered) {
        const output =
          found === undefined ? UNANSWERED_CALL : joinInput(resultParts(encoding, found.result, found.path));
        transcript.items.push({ type: 'function_call_output', call_id: call.upstreamId, output });
      }
    },
  });
  return transcript.items;
}

/** The system prompt as `instructions`; undefined when there is none. */
export function encodeInstructions(encoding: Encoding, system: CanonicalBody['system']): string | undefined {
  const blocks = systemBlocks(encoding, system);
  for (const { block, path } of blocks) noteCacheControl(encoding, block, path);
  const instructions = joinTexts(blocks.map(({ block }) => block.text));
  return instructions === '' ? undefined : instructions;
}
