import { isBillingText } from '../billing-block.ts';
import type { CanonicalBody, CanonicalContentParam, CanonicalToolResult } from '../canonical.ts';
import { conversationTurns, type PlacedBlock, type Turn } from '../conversation-turns.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import type { ChatContentPart } from '../openai-chat/chat-request.ts';
import { encodeBlock, joinTexts } from '../openai-chat/encode-content.ts';
import { toolArguments } from '../tool-arguments.ts';
import { encodeToolUseId } from '../tool-id.ts';
import { encodeToolName } from '../tool-name.ts';
import { decodeReasoningSignature } from './reasoning-signature.ts';
import type { InputItem, InputPart } from './responses-request.ts';

/** Every call has to be answered, or servers refuse the whole conversation. */
const UNANSWERED_CALL = '[No result: this tool call was interrupted before it was answered]';
/** There is no field for it, and a model that cannot tell a failure from a result does not recover. */
const FAILURE_NOTE = '[The tool call failed]';

interface Call {
  readonly canonicalId: string;
  readonly upstreamId: string;
  readonly path: RequestPath;
}

/** The input being written. */
interface Transcript {
  readonly items: InputItem[];
  readonly callIds: Set<string>;
  readonly answered: Set<CanonicalToolResult>;
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

function encodeResult(
  encoding: Encoding,
  result: CanonicalToolResult,
  path: RequestPath,
): string | readonly InputPart[] {
  noteCacheControl(encoding, result, path);
  const content: readonly CanonicalContentParam[] =
    typeof result.content === 'string'
      ? [{ type: 'text', text: result.content }]
      : ((result.content ?? []) as readonly CanonicalContentParam[]);
  const parts = content.flatMap((block, index) => encodeBlock(encoding, block, [...path, 'content', index]));
  if (result.is_error !== true) return joinInput(parts);
  lose(encoding, 'approximated', [...path, 'is_error'], 'is_error said in the text of the result');
  return joinInput([{ type: 'text', text: FAILURE_NOTE }, ...parts]);
}

/** Two calls with one id could not be answered apart. */
function uniqueCallId(encoding: Encoding, id: string, transcript: Transcript, path: RequestPath): string {
  const encoded = encodeToolUseId(id);
  if (encoded !== id) lose(encoding, 'renamed', [...path, 'id'], 'tool-use id does not fit');
  if (!transcript.callIds.has(encoded)) return encoded;
  lose(encoding, 'repaired', [...path, 'id'], 'two calls had the same id');
  return encodeToolUseId(`${id}#${transcript.callIds.size}`.padEnd(65, '#'));
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

function encodeAssistantTurn(encoding: Encoding, turn: Turn, transcript: Transcript): Call[] {
  const calls: Call[] = [];
  for (const { block, path } of turn.blocks) {
    noteCacheControl(encoding, block, path);
    if (block.type === 'text') {
      if (block.text !== '') transcript.items.push({ role: 'assistant', content: block.text });
    } else if (block.type === 'tool_use') {
      const upstreamId = uniqueCallId(encoding, block.id, transcript, path);
      transcript.callIds.add(upstreamId);
      calls.push({ canonicalId: block.id, upstreamId, path });
      const name = encodeToolName(block.name);
      if (name !== block.name) lose(encoding, 'renamed', [...path, 'name'], 'tool name does not fit');
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

type PlacedResult = { readonly result: CanonicalToolResult; readonly path: RequestPath };

/** Results in the turns up to the next assistant turn: clients send them in order of completion, not of calling. */
function resultsAfter(turns: readonly Turn[], index: number): PlacedResult[] {
  const results: PlacedResult[] = [];
  for (const turn of turns.slice(index + 1)) {
    if (turn.role === 'assistant') break;
    for (const { block, path } of turn.blocks) {
      if (block.type === 'tool_result') results.push({ result: block, path });
    }
  }
  return results;
}

function answerCall(encoding: Encoding, call: Call, results: readonly PlacedResult[], transcript: Transcript): void {
  const found = results.find(
    ({ result }) => result.tool_use_id === call.canonicalId && !transcript.answered.has(result),
  );
  if (found === undefined) lose(encoding, 'repaired', call.path, 'tool call without a result');
  else transcript.answered.add(found.result);
  const output = found === undefined ? UNANSWERED_CALL : encodeResult(encoding, found.result, found.path);
  transcript.items.push({ type: 'function_call_output', call_id: call.upstreamId, output });
}

/** A result whose call is not in the turn before it keeps its content, as what it is: something the user side said. */
function encodeOrphan(encoding: Encoding, result: CanonicalToolResult, path: RequestPath): readonly ChatContentPart[] {
  lose(encoding, 'repaired', path, 'tool result without its call sent as user text');
  const content = typeof result.content === 'string' ? result.content : null;
  const parts = (content === null ? ((result.content ?? []) as readonly CanonicalContentParam[]) : []).flatMap(
    (block, index) => encodeBlock(encoding, block, [...path, 'content', index]),
  );
  return [{ type: 'text', text: `Result of an earlier tool call:\n${content ?? ''}` }, ...parts];
}

function encodeUserTurn(encoding: Encoding, blocks: readonly PlacedBlock[], transcript: Transcript): void {
  const parts = blocks.flatMap(({ block, path }) => {
    if (block.type !== 'tool_result') return encodeBlock(encoding, block, path);
    return transcript.answered.has(block) ? [] : encodeOrphan(encoding, block, path);
  });
  if (parts.length > 0) transcript.items.push({ role: 'user', content: joinInput(parts) });
}

function encodeSystemTurn(encoding: Encoding, turn: Turn, transcript: Transcript): void {
  const parts = turn.blocks.flatMap(({ block, path }) => encodeBlock(encoding, block, path));
  const content = joinTexts(parts.map((part) => (part.type === 'text' ? part.text : '')));
  if (content !== '') transcript.items.push({ role: 'developer', content });
}

/** The conversation as input items. Order within a turn is kept: reasoning stands before what it led to. */
export function encodeInput(encoding: Encoding, messages: CanonicalBody['messages']): readonly InputItem[] {
  const transcript: Transcript = { items: [], callIds: new Set(), answered: new Set() };
  const turns = conversationTurns(messages);
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'system') encodeSystemTurn(encoding, turn, transcript);
    else if (turn.role === 'user') encodeUserTurn(encoding, turn.blocks, transcript);
    else {
      const calls = encodeAssistantTurn(encoding, turn, transcript);
      const results = calls.length === 0 ? [] : resultsAfter(turns, index);
      for (const call of calls) answerCall(encoding, call, results, transcript);
      if (index === turns.length - 1 && calls.length === 0) {
        lose(encoding, 'approximated', turn.path, 'assistant text to be continued is sent as a finished turn');
      }
    }
  }
  return transcript.items;
}

/** The system prompt as `instructions`; undefined when there is none. */
export function encodeInstructions(encoding: Encoding, system: CanonicalBody['system']): string | undefined {
  if (system === undefined) return undefined;
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : system;
  const texts: string[] = [];
  for (const [index, block] of blocks.entries()) {
    if (isBillingText(block.text)) lose(encoding, 'dropped', ['system', index], 'client attribution block');
    else {
      noteCacheControl(encoding, block, ['system', index]);
      texts.push(block.text);
    }
  }
  const instructions = joinTexts(texts);
  return instructions === '' ? undefined : instructions;
}
