import type { CanonicalBody } from '../canonical.ts';
import type { PlacedBlock, Turn } from '../conversation-turns.ts';
import { joinTexts, markedSystemText } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import { systemBlocks } from '../system-blocks.ts';
import { type AnsweredCall, type PlacedResult, walkConversation } from '../walk-conversation.ts';
import { encodeAssistantTurn, type NamedCall } from './encode-assistant-turn.ts';
import { encodeBlock } from './encode-content.ts';
import { encodeToolResult, type ToolResponse } from './encode-tool-result.ts';
import type { GeminiContent, GeminiContentPart, GeminiPart, GeminiResponsePart } from './gemini-request.ts';

/** Every call has to be answered, or the whole conversation is refused. */
const UNANSWERED_CALL = 'No result: this tool call was interrupted before it was answered';
/** Gemini takes no conversation that the model begins. */
const MISSING_START = '[The start of the conversation is missing]';

interface Transcript {
  readonly contents: GeminiContent[];
  /** User content that waits until all results of the turn are written. */
  readonly carried: GeminiContentPart[];
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
  const parts: GeminiPart[] = [];
  for (const { block, path } of systemBlocks(encoding, system)) {
    noteCacheControl(encoding, block, path);
    if (block.text !== '') parts.push({ text: block.text });
  }
  return parts.length === 0 ? {} : { systemInstruction: { parts } };
}

/** Gemini has one system instruction, so that a later one is marked text where it stands. */
function encodeSystemTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  const parts = turn.blocks.flatMap(({ block, path }) => encodeBlock(encoding, block, path));
  const content = joinTexts(parts.map((part) => ('text' in part ? part.text : '')));
  if (content !== '') transcript.carried.push({ text: markedSystemText(encoding, content, turn.path) });
}

function answerCall(
  encoding: Encoding,
  { call, found }: AnsweredCall<NamedCall>,
  transcript: Transcript,
): GeminiResponsePart {
  const place = (response: ToolResponse): GeminiResponsePart => ({
    functionResponse: { ...(call.upstreamId === null ? {} : { id: call.upstreamId }), name: call.name, ...response },
  });
  if (found === undefined) return place({ response: { error: UNANSWERED_CALL } });
  const encoded = encodeToolResult(encoding, found.result, call.name, found.path);
  transcript.carried.push(...encoded.carried);
  return place(encoded.response);
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(encoding: Encoding, { result, path }: PlacedResult): readonly GeminiContentPart[] {
  lose(encoding, 'repaired', path, 'tool result without its call sent as user text');
  const { response, carried } = encodeToolResult(encoding, result, 'an earlier call', path);
  const said = 'error' in response.response ? `[failed] ${response.response.error}` : response.response.output;
  return [{ text: `Result of an earlier tool call:\n${said}` }, ...(response.parts ?? []), ...carried];
}

function encodeUserTurn(encoding: Encoding, blocks: readonly PlacedBlock[], transcript: Transcript): void {
  for (const { block, path } of blocks) {
    const parts =
      block.type === 'tool_result'
        ? encodeOrphan(encoding, { result: block, path })
        : encodeBlock(encoding, block, path);
    transcript.carried.push(...parts);
  }
}

/** The conversation in the order that Gemini insists on: each turn of calls directly followed by all their results. */
export function encodeMessages(encoding: Encoding, body: CanonicalBody): readonly GeminiContent[] {
  const transcript: Transcript = { contents: [], carried: [] };
  walkConversation<NamedCall>(encoding, body.messages, {
    system: (turn) => encodeSystemTurn(encoding, turn, transcript),
    user: (blocks) => encodeUserTurn(encoding, blocks, transcript),
    assistant(turn) {
      flushCarried(transcript);
      const { parts, calls } = encodeAssistantTurn(encoding, turn);
      addParts(transcript, 'model', parts);
      return { calls, isSaid: parts.length > 0 };
    },
    answers(answered) {
      const responses = answered.map((answer) => answerCall(encoding, answer, transcript));
      addParts(transcript, 'user', responses);
    },
  });
  flushCarried(transcript);
  if (transcript.contents[0]?.role === 'user') return transcript.contents;
  lose(encoding, 'repaired', ['messages'], 'conversation that does not start with the user');
  return [{ role: 'user', parts: [{ text: MISSING_START }] }, ...transcript.contents];
}
