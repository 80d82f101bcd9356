import { isBillingText } from '../billing-block.ts';
import type { CanonicalBody, CanonicalToolResult } from '../canonical.ts';
import { conversationTurns, type PlacedBlock, type Turn } from '../conversation-turns.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import type { ChatContentPart, ChatMessage } from './chat-request.ts';
import { encodeAssistantTurn, type PlacedCall } from './encode-assistant-turn.ts';
import { encodeBlock, joinParts, joinTexts } from './encode-content.ts';
import { encodeToolResult } from './encode-tool-result.ts';

/** Every call has to be answered, or servers refuse the whole conversation. */
const UNANSWERED_CALL = '[No result: this tool call was interrupted before it was answered]';

interface PlacedResult {
  readonly result: CanonicalToolResult;
  readonly path: RequestPath;
}

/** The messages being written, and what waits for the next user message. */
interface Transcript {
  readonly messages: ChatMessage[];
  readonly carried: ChatContentPart[];
  readonly answered: Set<CanonicalToolResult>;
}

function encodeSystem(encoding: Encoding, system: CanonicalBody['system'], transcript: Transcript): void {
  if (system === undefined) return;
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : system;
  const texts: string[] = [];
  for (const [index, block] of blocks.entries()) {
    if (isBillingText(block.text)) {
      lose(encoding, 'dropped', ['system', index], 'client attribution block');
      continue;
    }
    noteCacheControl(encoding, block, ['system', index]);
    texts.push(block.text);
  }
  const content = joinTexts(texts);
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
  if (role === 'user') {
    lose(encoding, 'approximated', turn.path, 'system message in mid-conversation sent as user text');
    transcript.messages.push({ role, content: `<system-message>\n${content}\n</system-message>` });
  } else transcript.messages.push({ role, content });
}

/** Results in the turns up to the next assistant turn: clients send them in order of completion, not of calling. */
function resultsAfter(turns: readonly Turn[], index: number): Map<string, PlacedResult[]> {
  const results = new Map<string, PlacedResult[]>();
  for (const turn of turns.slice(index + 1)) {
    if (turn.role === 'assistant') break;
    for (const { block, path } of turn.blocks) {
      if (block.type !== 'tool_result') continue;
      const known = results.get(block.tool_use_id);
      if (known === undefined) results.set(block.tool_use_id, [{ result: block, path }]);
      else known.push({ result: block, path });
    }
  }
  return results;
}

function answerCall(
  encoding: Encoding,
  call: PlacedCall,
  found: PlacedResult | undefined,
  transcript: Transcript,
): void {
  if (found === undefined) {
    lose(encoding, 'repaired', call.path, 'tool call without a result');
    transcript.messages.push({ role: 'tool', tool_call_id: call.upstreamId, content: UNANSWERED_CALL });
    return;
  }
  transcript.answered.add(found.result);
  const encoded = encodeToolResult(encoding, found.result, call.upstreamId, found.path);
  transcript.messages.push({ role: 'tool', tool_call_id: call.upstreamId, content: encoded.text });
  transcript.carried.push(...encoded.carried);
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(
  encoding: Encoding,
  placed: PlacedBlock,
  result: CanonicalToolResult,
): readonly ChatContentPart[] {
  lose(encoding, 'repaired', placed.path, 'tool result without its call sent as user text');
  const { text, carried } = encodeToolResult(encoding, result, 'of an earlier call', placed.path);
  return [{ type: 'text', text: `Result of an earlier tool call:\n${text}` }, ...carried];
}

function encodeUserTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  const parts = turn.blocks.flatMap((placed) => {
    const { block, path } = placed;
    if (block.type !== 'tool_result') return encodeBlock(encoding, block, path);
    return transcript.answered.has(block) ? [] : encodeOrphan(encoding, placed, block);
  });
  transcript.carried.push(...parts);
  flushCarried(transcript);
}

/** The whole conversation in the order that Chat Completions servers insist on. */
export function encodeMessages(encoding: Encoding, body: CanonicalBody): readonly ChatMessage[] {
  const transcript: Transcript = { messages: [], carried: [], answered: new Set() };
  encodeSystem(encoding, body.system, transcript);
  const turns = conversationTurns(body.messages);
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'system') encodeSystemTurn(encoding, turn, transcript);
    else if (turn.role === 'user') encodeUserTurn(encoding, turn, transcript);
    else {
      flushCarried(transcript);
      const { message, calls } = encodeAssistantTurn(encoding, turn);
      if (message !== null) transcript.messages.push(message);
      const results = calls.length === 0 ? new Map<string, PlacedResult[]>() : resultsAfter(turns, index);
      for (const call of calls) answerCall(encoding, call, results.get(call.canonicalId)?.shift(), transcript);
      if (index === turns.length - 1 && calls.length === 0 && message !== null) {
        lose(encoding, 'approximated', turn.path, 'assistant text to be continued is sent as a finished turn');
      }
    }
  }
  flushCarried(transcript);
  return transcript.messages;
}
