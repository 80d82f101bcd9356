import type { Call, CallStatus } from '#shared/domain/call.ts';
import type { Loss } from '#shared/domain/loss.ts';
import { isOwnCallId } from '#shared/formats/server-tools/own-call-id.ts';
import type { CheckSyntax } from './code/check-syntax.ts';
import { type Conversation, createConversation } from './conversation/conversation.ts';
import { isRecord, type JsonRecord } from './json.ts';
import { extractRawReply, type RawReply } from './raw-reply.ts';
import { readToolResults, type ToolResult } from './tool-results.ts';

/** What of a call's row scoring must know, and whatever else of it is there. */
type ScoredCall = Partial<Omit<Call, 'status' | 'upstreamFormat' | 'losses'>> & {
  readonly status: CallStatus;
  /** Null when no upstream was asked, or when another gateway did and how it translated is not known. */
  readonly upstreamFormat: string | null;
  readonly losses: readonly Loss[];
};

/** What the upstream was sent. */
export interface UpstreamRequest {
  /** The wire format of the body. */
  readonly format: string;
  readonly body: JsonRecord;
  /** False where the body may differ from what really went over the wire, so that a difference proves nothing. */
  readonly isExact: boolean;
  /** The text that was placed before the client's system prompt; null when there was none. */
  readonly prefix: string | null;
}

/** The parts of a stored call that scoring reads. */
export interface ScoredContent {
  readonly call: ScoredCall;
  /** Canonical request as the client meant it; null where the capture mode dropped it. */
  readonly request: JsonRecord | null;
  /** Canonical message as delivered; null when there was none or it was not captured. */
  readonly response: JsonRecord | null;
  /** The upstream's reply before translation. */
  readonly upstreamRaw: string | null;
  /** Writes the upstream's request anew; absent where nothing is known of it. Asked only by scorers that need it. */
  readonly upstreamRequest?: () => UpstreamRequest | null;
  /** Parsers of programming languages; absent where none are loaded. */
  readonly checkSyntax?: CheckSyntax;
}

export interface CatalogueTool {
  readonly name: string;
  /** Empty where there is none. */
  readonly description: string;
  /** Null for server tools, which have no schema of the client's. */
  readonly inputSchema: JsonRecord | null;
}

/** One call of a tool as the client received it. */
export interface DeliveredToolCall {
  readonly pointer: string;
  readonly id: string;
  readonly name: string;
  /** The parsed arguments, or null when they are no JSON object. */
  readonly input: JsonRecord | null;
  /** The arguments' text where it did not parse. */
  readonly unparsedArguments: string | null;
  /** The arguments as they stand in the block. */
  readonly given: unknown;
}

interface PreviousToolCall {
  readonly name: string;
  readonly input: unknown;
  readonly result: ToolResult | null;
}

/** Everything the deterministic scorers look at. Each part is worked out at its first use, and once. */
export interface ScoringSubject {
  readonly status: CallStatus;
  readonly call: ScoredCall;
  /** Canonical request as the client meant it; null where it was not captured. */
  readonly request: JsonRecord | null;
  /** Canonical message as delivered; null when there was none or it was not captured. */
  readonly response: JsonRecord | null;
  /** The request that continues this call; null when none followed or it was not captured. */
  readonly next: JsonRecord | null;
  /** The upstream's one reply before translation; null where it is not known, or made of several. */
  readonly upstreamRaw: string | null;
  /** What the upstream was sent; null where it is not known. */
  readonly upstreamRequest: UpstreamRequest | null;
  /** Parsers of programming languages; null where none are loaded. */
  readonly checkSyntax: CheckSyntax | null;
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
  /** Results that the next request has for the delivered tool calls, by their id; null when no request followed. */
  readonly followingResults: ReadonlyMap<string, ToolResult> | null;
  /** The messages up to the reply; null without a request. */
  readonly conversation: Conversation | null;
  /** What several scorers share and only some calls need: made by `make` at its first use, and kept for this subject. */
  part<Part>(make: (subject: ScoringSubject) => Part): Part;
}

/** @param next the request that continues this call, when there is one */
export function createScoringSubject(
  content: ScoredContent,
  next: { readonly request: ScoredContent['request'] } | null,
): ScoringSubject {
  const { call, request, response } = content;
  const parts = new Map<unknown, unknown>();
  const subject: ScoringSubject = {
    status: call.status,
    call,
    request,
    response,
    next: next?.request ?? null,
    checkSyntax: content.checkSyntax ?? null,
    upstreamRaw: isOfSeveralReplies(response) ? null : content.upstreamRaw,
    losses: call.upstreamFormat === null ? null : call.losses,
    get upstreamRequest() {
      return subject.part(readUpstreamRequest);
    },
    get catalogue() {
      return subject.part(readCatalogue);
    },
    get delivered() {
      return subject.part(readDelivered);
    },
    get raw() {
      return subject.part(readRaw);
    },
    get previousToolCalls() {
      return subject.part(readPreviousToolCalls);
    },
    get followingResults() {
      return subject.part(readFollowingResults);
    },
    get conversation() {
      return subject.part(readConversation);
    },
    part<Part>(make: (subject: ScoringSubject) => Part): Part {
      if (parts.has(make)) return parts.get(make) as Part;
      const part = make(subject);
      parts.set(make, part);
      return part;
    },
  };
  function readUpstreamRequest(): UpstreamRequest | null {
    return content.upstreamRequest?.() ?? null;
  }
  function readRaw(): RawReply | null {
    return subject.upstreamRaw === null ? null : extractRawReply(subject.upstreamRaw);
  }
  return subject;
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

function messagesOf(request: JsonRecord): readonly unknown[] {
  return Array.isArray(request['messages']) ? request['messages'] : [];
}

function readConversation({ request, response }: ScoringSubject): Conversation | null {
  return createConversation(request, response);
}

function readFollowingResults({ next, delivered }: ScoringSubject): ReadonlyMap<string, ToolResult> | null {
  if (next === null) return null;
  return readToolResults(messagesOf(next), new Set(delivered?.toolCalls.map(({ id }) => id)));
}

function readCatalogue({ request }: ScoringSubject): ReadonlyMap<string, CatalogueTool> | null {
  const tools = request?.['tools'];
  if (!Array.isArray(tools)) return null;
  const catalogue = new Map<string, CatalogueTool>();
  for (const tool of tools) {
    if (!isNamed(tool)) continue;
    const schema = tool['input_schema'];
    const { name } = tool;
    const description = tool['description'];
    catalogue.set(name, {
      name,
      description: typeof description === 'string' ? description : '',
      inputSchema: isRecord(schema) ? schema : null,
    });
  }
  return catalogue;
}

function isNamed(tool: unknown): tool is JsonRecord & { readonly name: string } {
  return isRecord(tool) && typeof tool['name'] === 'string';
}

function readDelivered({ response }: ScoringSubject): ScoringSubject['delivered'] {
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

function readToolUse(block: JsonRecord, pointer: string): DeliveredToolCall {
  const input = block['input'];
  const unparsed = isRecord(input) && isRecord(input['__unparsedToolInput']) ? input['__unparsedToolInput'] : null;
  const text = unparsed !== null ? String(unparsed['raw'] ?? '') : typeof input === 'string' ? input : null;
  return {
    pointer,
    id: String(block['id'] ?? ''),
    name: String(block['name'] ?? ''),
    input: text === null && isRecord(input) ? input : null,
    unparsedArguments: text,
    given: input,
  };
}

/** Results are looked for up to the next assistant message only: some upstreams use the same ids in every turn. */
function readPreviousToolCalls({ request }: ScoringSubject): PreviousToolCall[] | null {
  if (request === null) return null;
  const messages = messagesOf(request);
  const previous: PreviousToolCall[] = [];
  for (const [index, message] of messages.entries()) {
    if (!isAssistant(message) || !Array.isArray(message['content'])) continue;
    let end = index + 1;
    while (end < messages.length && !isAssistant(messages[end])) end += 1;
    const results = readToolResults(messages.slice(index + 1, end));
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
