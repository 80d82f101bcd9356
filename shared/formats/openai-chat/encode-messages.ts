import type { CanonicalBody } from '../canonical.ts';
import type { PlacedBlock, Turn } from '../conversation-turns.ts';
import { joinTexts, markedSystemText } from '../describe-content.ts';
import { type Encoding, lose } from '../encoding.ts';
import { systemBlocks } from '../system-blocks.ts';
import {
  type AnsweredCall,
  type ConversationWriter,
  type PlacedResult,
  type SentCall,
  UNANSWERED_CALL,
  walkConversation,
} from '../walk-conversation.ts';
import { beginsWith } from '../write-once.ts';
import type { ChatContentPart, ChatMessage } from './chat-request.ts';
import { encodeAssistantTurn } from './encode-assistant-turn.ts';
import { encodeBlock, joinParts } from './encode-content.ts';
import { schemaInstruction } from './encode-output-config.ts';
import { encodeToolResult } from './encode-tool-result.ts';
import { fitMessages } from './fit-messages.ts';
import { findKnownTurns, keepTurns, turnsToKeep } from './known-turns.ts';

/** The messages being written, and what waits for the next user message. */
interface Transcript {
  readonly messages: ChatMessage[];
  readonly carried: ChatContentPart[];
}

function encodeSystem(
  encoding: Encoding,
  system: CanonicalBody['system'],
  instruction: string,
  transcript: Transcript,
): void {
  const parts = systemBlocks(encoding, system).flatMap(({ block, path }) => encodeBlock(encoding, block, path));
  if (instruction !== '') parts.push({ type: 'text', text: instruction });
  if (parts.length > 0) transcript.messages.push({ role: 'system', content: joinParts(parts) });
}

function flushCarried(transcript: Transcript): void {
  if (transcript.carried.length === 0) return;
  transcript.messages.push({ role: 'user', content: joinParts(transcript.carried.splice(0)) });
}

function encodeSystemTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  const parts = turn.blocks.flatMap(({ block, path }) => encodeBlock(encoding, block, path));
  const content = joinTexts(parts.map((part) => (part.type === 'text' ? part.text : '')));
  if (content === '') return;
  flushCarried(transcript);
  const role = encoding.target.midConversationSystem;
  if (role !== 'user') transcript.messages.push({ role, content: joinParts(parts) });
  else transcript.messages.push({ role, content: markedSystemText(encoding, content, turn.path) });
}

function answerCall(encoding: Encoding, { call, found }: AnsweredCall<SentCall>, transcript: Transcript): void {
  if (found === undefined) {
    transcript.messages.push({ role: 'tool', tool_call_id: call.upstreamId, content: UNANSWERED_CALL });
    return;
  }
  const encoded = encodeToolResult(encoding, found.result, call.upstreamId, found.path);
  const { text: content, cacheControl } = encoded;
  transcript.messages.push({ role: 'tool', tool_call_id: call.upstreamId, content, ...cacheControl });
  transcript.carried.push(...encoded.carried);
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(encoding: Encoding, { result, path }: PlacedResult): readonly ChatContentPart[] {
  lose(encoding, 'repaired', path, 'tool result without its call sent as user text');
  const { text, cacheControl, carried } = encodeToolResult(encoding, result, 'of an earlier call', path);
  return [{ type: 'text', text: `Result of an earlier tool call:\n${text}`, ...cacheControl }, ...carried];
}

function encodeUserTurn(encoding: Encoding, blocks: readonly PlacedBlock[], transcript: Transcript): void {
  for (const { block, path } of blocks) {
    const parts =
      block.type === 'tool_result'
        ? encodeOrphan(encoding, { result: block, path })
        : encodeBlock(encoding, block, path);
    transcript.carried.push(...parts);
  }
  flushCarried(transcript);
}

/** The whole conversation in the order that Chat Completions servers insist on. */
export function encodeMessages(encoding: Encoding, body: CanonicalBody): readonly ChatMessage[] {
  const transcript: Transcript = { messages: [], carried: [] };
  const instruction = schemaInstruction(encoding, body);
  // What was lost or said before would be part of what is kept.
  const mayBeKnown = instruction === '' && encoding.losses.length === 0;
  const known = mayBeKnown ? findKnownTurns(encoding, body) : undefined;
  const from = known?.messages.length ?? 0;
  const keepAt = mayBeKnown ? turnsToKeep(body.messages) : 0;
  if (known === undefined) encodeSystem(encoding, body.system, instruction, transcript);
  else {
    transcript.messages.push(...known.written.elements);
    encoding.losses.push(...known.losses);
  }
  const writer: ConversationWriter<SentCall> = {
    system: (turn) => encodeSystemTurn(encoding, turn, transcript),
    user: (blocks) => encodeUserTurn(encoding, blocks, transcript),
    assistant(turn) {
      flushCarried(transcript);
      if (keepAt > from && turn.path[1] === keepAt) keepTurns(encoding, body, keepAt, transcript.messages, known);
      const { message, calls } = encodeAssistantTurn(encoding, turn);
      if (message !== null) transcript.messages.push(message);
      return { calls, isSaid: message !== null && encoding.target.continuation === 'none' };
    },
    answers(answered) {
      for (const answer of answered) answerCall(encoding, answer, transcript);
    },
  };
  walkConversation(encoding, body.messages, writer, from);
  flushCarried(transcript);
  const fitted = fitMessages(encoding, transcript.messages);
  if (known !== undefined && fitted === transcript.messages) beginsWith(fitted, known.written);
  return fitted;
}
