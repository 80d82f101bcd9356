import type { CanonicalBody } from '../canonical.ts';
import type { PlacedBlock, Turn } from '../conversation-turns.ts';
import { joinTexts, markedSystemText } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl } from '../encoding.ts';
import { systemBlocks } from '../system-blocks.ts';
import {
  type AnsweredCall,
  type PlacedResult,
  type SentCall,
  UNANSWERED_CALL,
  walkConversation,
} from '../walk-conversation.ts';
import type { ChatContentPart, ChatMessage } from './chat-request.ts';
import { encodeAssistantTurn } from './encode-assistant-turn.ts';
import { encodeBlock, joinParts } from './encode-content.ts';
import { encodeToolResult } from './encode-tool-result.ts';

/** The messages being written, and what waits for the next user message. */
interface Transcript {
  readonly messages: ChatMessage[];
  readonly carried: ChatContentPart[];
}

function encodeSystem(encoding: Encoding, system: CanonicalBody['system'], transcript: Transcript): void {
  const blocks = systemBlocks(encoding, system);
  for (const { block, path } of blocks) noteCacheControl(encoding, block, path);
  const content = joinTexts(blocks.map(({ block }) => block.text));
  if (content !== '') transcript.messages.push({ role: 'system', content });
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
  const said = role === 'user' ? markedSystemText(encoding, content, turn.path) : content;
  transcript.messages.push({ role, content: said });
}

function answerCall(encoding: Encoding, { call, found }: AnsweredCall<SentCall>, transcript: Transcript): void {
  if (found === undefined) {
    transcript.messages.push({ role: 'tool', tool_call_id: call.upstreamId, content: UNANSWERED_CALL });
    return;
  }
  const encoded = encodeToolResult(encoding, found.result, call.upstreamId, found.path);
  transcript.messages.push({ role: 'tool', tool_call_id: call.upstreamId, content: encoded.text });
  transcript.carried.push(...encoded.carried);
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(encoding: Encoding, { result, path }: PlacedResult): readonly ChatContentPart[] {
  lose(encoding, 'repaired', path, 'tool result without its call sent as user text');
  const { text, carried } = encodeToolResult(encoding, result, 'of an earlier call', path);
  return [{ type: 'text', text: `Result of an earlier tool call:\n${text}` }, ...carried];
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
  encodeSystem(encoding, body.system, transcript);
  walkConversation<SentCall>(encoding, body.messages, {
    system: (turn) => encodeSystemTurn(encoding, turn, transcript),
    user: (blocks) => encodeUserTurn(encoding, blocks, transcript),
    assistant(turn) {
      flushCarried(transcript);
      const { message, calls } = encodeAssistantTurn(encoding, turn);
      if (message !== null) transcript.messages.push(message);
      return { calls, isSaid: message !== null };
    },
    answers(answered) {
      for (const answer of answered) answerCall(encoding, answer, transcript);
    },
  });
  flushCarried(transcript);
  return transcript.messages;
}
