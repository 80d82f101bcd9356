import { isBillingText } from '../billing-block.ts';
import type { CanonicalBody, CanonicalToolResult } from '../canonical.ts';
import { conversationTurns, type PlacedBlock, type Turn } from '../conversation-turns.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { encodeAssistantTurn, type PlacedCall } from './encode-assistant-turn.ts';
import { encodeBlock, joinTexts } from './encode-content.ts';
import { encodeToolResult, type ToolResponse } from './encode-tool-result.ts';
import type { GeminiContent, GeminiContentPart, GeminiPart, GeminiResponsePart } from './gemini-request.ts';

/** Every call has to be answered, or the whole conversation is refused. */
const UNANSWERED_CALL = 'No result: this tool call was interrupted before it was answered';
/** Gemini takes no conversation that the model begins. */
const MISSING_START = '[The start of the conversation is missing]';

interface PlacedResult {
  readonly result: CanonicalToolResult;
  readonly path: RequestPath;
}

interface Transcript {
  readonly contents: GeminiContent[];
  /** User content that waits until all results of the turn are written. */
  readonly carried: GeminiContentPart[];
  readonly answered: Set<CanonicalToolResult>;
}

/** Appends to the last turn of the same role; results stay alone, since their number is compared with the calls'. */
function addParts(transcript: Transcript, role: GeminiContent['role'], parts: readonly GeminiPart[]): void {
  if (parts.length === 0) return;
  const last = transcript.contents.at(-1);
  const isResults = (content: readonly GeminiPart[]) => content.some((part) => 'functionResponse' in part);
  if (last?.role === role && !isResults(last.parts) && !isResults(parts)) {
    transcript.contents[transcript.contents.length - 1] = { role, parts: [...last.parts, ...parts] };
  } else transcript.contents.push({ role, parts });
}

function flushCarried(transcript: Transcript): void {
  addParts(transcript, 'user', transcript.carried.splice(0));
}

/** `systemInstruction`, without the client's attribution block. */
export function encodeSystem(encoding: Encoding, system: CanonicalBody['system']): JsonObject {
  if (system === undefined) return {};
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : system;
  const parts: GeminiPart[] = [];
  for (const [index, block] of blocks.entries()) {
    if (isBillingText(block.text)) {
      lose(encoding, 'dropped', ['system', index], 'client attribution block');
      continue;
    }
    noteCacheControl(encoding, block, ['system', index]);
    if (block.text !== '') parts.push({ text: block.text });
  }
  return parts.length === 0 ? {} : { systemInstruction: { parts } };
}

/** Gemini has one system instruction, so that a later one is marked text where it stands. */
function encodeSystemTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  const parts = turn.blocks.flatMap(({ block, path }) => encodeBlock(encoding, block, path));
  const content = joinTexts(parts.map((part) => ('text' in part ? part.text : '')));
  if (content === '') return;
  lose(encoding, 'approximated', turn.path, 'system message in mid-conversation sent as user text');
  transcript.carried.push({ text: `<system-message>\n${content}\n</system-message>` });
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
): GeminiResponsePart {
  const place = (response: ToolResponse): GeminiResponsePart => ({
    functionResponse: { ...(call.upstreamId === null ? {} : { id: call.upstreamId }), name: call.name, ...response },
  });
  if (found === undefined) {
    lose(encoding, 'repaired', call.path, 'tool call without a result');
    return place({ response: { error: UNANSWERED_CALL } });
  }
  transcript.answered.add(found.result);
  const encoded = encodeToolResult(encoding, found.result, call.name, found.path);
  transcript.carried.push(...encoded.carried);
  return place(encoded.response);
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(
  encoding: Encoding,
  placed: PlacedBlock,
  result: CanonicalToolResult,
): readonly GeminiContentPart[] {
  lose(encoding, 'repaired', placed.path, 'tool result without its call sent as user text');
  const { response, carried } = encodeToolResult(encoding, result, 'an earlier call', placed.path);
  const said = 'error' in response.response ? `[failed] ${response.response.error}` : response.response.output;
  return [{ text: `Result of an earlier tool call:\n${said}` }, ...(response.parts ?? []), ...carried];
}

function encodeUserTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  for (const placed of turn.blocks) {
    const { block, path } = placed;
    if (block.type !== 'tool_result') transcript.carried.push(...encodeBlock(encoding, block, path));
    else if (!transcript.answered.has(block)) transcript.carried.push(...encodeOrphan(encoding, placed, block));
  }
}

/** The conversation in the order that Gemini insists on: each turn of calls directly followed by all their results. */
export function encodeMessages(encoding: Encoding, body: CanonicalBody): readonly GeminiContent[] {
  const transcript: Transcript = { contents: [], carried: [], answered: new Set() };
  const turns = conversationTurns(body.messages);
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'system') encodeSystemTurn(encoding, turn, transcript);
    else if (turn.role === 'user') encodeUserTurn(encoding, turn, transcript);
    else {
      flushCarried(transcript);
      const { parts, calls } = encodeAssistantTurn(encoding, turn);
      addParts(transcript, 'model', parts);
      const results = calls.length === 0 ? new Map<string, PlacedResult[]>() : resultsAfter(turns, index);
      const answers = calls.map((call) =>
        answerCall(encoding, call, results.get(call.canonicalId)?.shift(), transcript),
      );
      addParts(transcript, 'user', answers);
      if (index === turns.length - 1 && calls.length === 0 && parts.length > 0) {
        lose(encoding, 'approximated', turn.path, 'assistant text to be continued is sent as a finished turn');
      }
    }
  }
  flushCarried(transcript);
  if (transcript.contents[0]?.role === 'user') return transcript.contents;
  lose(encoding, 'repaired', ['messages'], 'conversation that does not start with the user');
  return [{ role: 'user', parts: [{ text: MISSING_START }] }, ...transcript.contents];
}
