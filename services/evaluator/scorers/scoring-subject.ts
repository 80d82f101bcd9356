import type { CallStatus } from '#shared/domain/call.ts';
import type { Loss } from '#shared/domain/loss.ts';
import { isOwnCallId } from '#shared/formats/server-tools/own-call-id.ts';
import { isRecord, type JsonRecord } from './json.ts';
import { extractRawReply, type RawReply } from './raw-reply.ts';
import { readToolResults, type ToolResult } from './tool-results.ts';

/** The parts of a stored call that scoring reads. */
export interface ScoredContent {
  readonly call: {
    readonly status: CallStatus;
    /** Null when no upstream was asked, or when another gateway did and how it translated is not known. */
    readonly upstreamFormat: string | null;
    readonly losses: readonly Loss[];
  };
  /** Canonical request as the client meant it; null where the capture mode dropped it. */
  readonly request: Readonly<Record<string, unknown>> | null;
  /** Canonical message as delivered; null when there was none or it was not captured. */
  readonly response: Readonly<Record<string, unknown>> | null;
  /** The upstream's reply before translation. */
  readonly upstreamRaw: string | null;
}

export interface CatalogueTool {
  readonly name: string;
  /** Null for server tools, which have no schema of the client's. */
  readonly inputSchema: Readonly<Record<string, unknown>> | null;
}

/** One call of a tool as the client received it. */
interface DeliveredToolCall {
  readonly pointer: string;
  readonly id: string;
  readonly name: string;
  /** The parsed arguments, or null when they are no JSON object. */
  readonly input: Readonly<Record<string, unknown>> | null;
  /** The arguments' text where it did not parse. */
  readonly unparsedArguments: string | null;
}

interface PreviousToolCall {
  readonly name: string;
  readonly input: unknown;
  readonly result: ToolResult | null;
}

/** Everything the deterministic scorers look at, worked out once per call. */
export interface ScoringSubject {
  readonly status: CallStatus;
  /** What translation lost; null where nothing is known of a translation. */
  readonly losses: readonly Loss[] | null;
  /** Tools by name, or null when the request does not say which there were. */
  readonly catalogue: ReadonlyMap<string, CatalogueTool> | null;
  readonly delivered: {
    readonly toolCalls: readonly DeliveredToolCall[];
    readonly stopReason: string | null;
    /** True when there is text, thinking or any other block beside the tool calls. */
    readonly hasOtherContent: boolean;
  } | null;
  /** What the upstream said, or null when it is not known. */
  readonly raw: RawReply | null;
  /** Tool calls of the conversation so far, oldest first, with what came of them; null without a request. */
  readonly previousToolCalls: readonly PreviousToolCall[] | null;
  /** Tool results that the next request brought, by tool call id; null when no request followed. */
  readonly followingResults: ReadonlyMap<string, ToolResult> | null;
}

/** @param next the request that continues this call, when there is one */
export function createScoringSubject(
  content: ScoredContent,
  next: { readonly request: ScoredContent['request'] } | null,
): ScoringSubject {
  return {
    status: content.call.status,
    losses: content.call.upstreamFormat === null ? null : content.call.losses,
    catalogue: readCatalogue(content.request),
    delivered: readDelivered(content.response),
    raw:
      content.upstreamRaw === null || isOfSeveralReplies(content.response)
        ? null
        : extractRawReply(content.upstreamRaw),
    previousToolCalls: content.request === null ? null : readPreviousToolCalls(messagesOf(content.request)),
    followingResults: next?.request == null ? null : readToolResults(messagesOf(next.request)),
  };
}

/** An answer in which the gateway ran tools is made of several replies; the calls among them were not the client's. */
function isOfSeveralReplies(response: ScoredContent['response']): boolean {
  const content = Array.isArray(response?.['content']) ? (response['content'] as unknown[]) : [];
  return content.some(
    (block) =>
      isRecord(block) &&
      (isOwnCallId(block['id']) ||
        (String(block['type']).endsWith('_tool_result') && isOwnCallId(block['tool_use_id']))),
  );
}

function messagesOf(request: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(request['messages']) ? request['messages'] : [];
}

function readCatalogue(request: ScoredContent['request']): ReadonlyMap<string, CatalogueTool> | null {
  const tools = request?.['tools'];
  if (!Array.isArray(tools)) return null;
  const catalogue = new Map<string, CatalogueTool>();
  for (const tool of tools) {
    if (!isRecord(tool) || typeof tool['name'] !== 'string') continue;
    const schema = tool['input_schema'];
    catalogue.set(tool['name'], { name: tool['name'], inputSchema: isRecord(schema) ? schema : null });
  }
  return catalogue;
}

function readDelivered(response: ScoredContent['response']): ScoringSubject['delivered'] {
  if (response === null) return null;
  const content = Array.isArray(response['content']) ? (response['content'] as unknown[]) : [];
  const toolCalls: DeliveredToolCall[] = [];
  let hasOtherContent = false;
  for (const [index, block] of content.entries()) {
    if (!isRecord(block)) continue;
    if (block['type'] === 'tool_use') toolCalls.push(readToolUse(block, `/response/content/${index}`));
    else if (block['type'] !== 'text' || String(block['text'] ?? '').trim() !== '') hasOtherContent = true;
  }
  const stopReason = response['stop_reason'];
  return { toolCalls, stopReason: typeof stopReason === 'string' ? stopReason : null, hasOtherContent };
}

function readToolUse(block: Readonly<Record<string, unknown>>, pointer: string): DeliveredToolCall {
  const input = block['input'];
  const unparsed = isRecord(input) && isRecord(input['__unparsedToolInput']) ? input['__unparsedToolInput'] : null;
  const text = unparsed !== null ? String(unparsed['raw'] ?? '') : typeof input === 'string' ? input : null;
  return {
    pointer,
    id: String(block['id'] ?? ''),
    name: String(block['name'] ?? ''),
    input: text === null && isRecord(input) ? input : null,
    unparsedArguments: text,
  };
}

/** Results are looked for up to the next assistant message only: some upstreams use the same ids in every turn. */
function readPreviousToolCalls(messages: readonly unknown[]): PreviousToolCall[] {
  const previous: PreviousToolCall[] = [];
  for (const [index, message] of messages.entries()) {
    if (!isAssistant(message) || !Array.isArray(message['content'])) continue;
    const following = messages.slice(index + 1);
    const end = following.findIndex(isAssistant);
    const results = readToolResults(end === -1 ? following : following.slice(0, end));
    for (const block of message['content'] as unknown[]) {
      if (!isRecord(block) || block['type'] !== 'tool_use') continue;
      const result = results.get(String(block['id'] ?? '')) ?? null;
      previous.push({ name: String(block['name'] ?? ''), input: block['input'], result });
    }
  }
  return previous;
}

function isAssistant(message: unknown): message is JsonRecord {
  return isRecord(message) && message['role'] === 'assistant';
}
