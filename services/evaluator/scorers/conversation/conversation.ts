import { classifyToolResult, type ToolResultKind } from '../classify-tool-result.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import { type ToolResult, toolResultText } from '../tool-results.ts';

/** A text of the conversation and where it stands. */
export interface Passage {
  readonly pointer: string;
  readonly text: string;
  /** Index of its message. */
  readonly message: number;
}

/** What came back for a call. */
export interface ConversationResult extends ToolResult {
  readonly id: string;
  /** Index of its message. */
  readonly message: number;
  readonly kind: ToolResultKind;
}

/** A tool call of an earlier turn, with its result where there is one. */
export interface ConversationCall {
  readonly pointer: string;
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** Index of its message. */
  readonly message: number;
  readonly result: ConversationResult | null;
}

/** A call in its conversation: the messages of the request, taken apart, then the reply. */
export interface Conversation {
  /** The messages of the request, then the reply where there is one. */
  readonly messages: readonly JsonRecord[];
  /** Calls of the request, oldest first. Results are looked for up to the next turn of the assistant only. */
  readonly calls: readonly ConversationCall[];
  /** Results of the request in their order, those without a call among them. */
  readonly results: readonly ConversationResult[];
  /** What the user wrote; what clients add by themselves is left out. */
  readonly userTexts: readonly Passage[];
  readonly assistantTexts: readonly Passage[];
  readonly systemTexts: readonly Passage[];
  /** What the reply says, all of its texts together; null without a reply. */
  readonly replyText: string | null;
  /** Results that came in after the last turn of the assistant in the request. */
  readonly latestResults: readonly ConversationResult[];
  /** Index of the last message of the user's own words; -1 where there is none. */
  readonly lastUserMessage: number;
}

/** Clients put their own words beside the user's: reminders, the output of commands, notices. */
const CLIENT_TEXT = /^\s*<(system-reminder|command-name|command-message|local-command-stdout|ide_[a-z_]+)\b/;

/** Null where the request was not captured. */
export function createConversation(request: JsonRecord | null, response: JsonRecord | null): Conversation | null {
  if (request === null) return null;
  const asked = Array.isArray(request['messages']) ? (request['messages'] as unknown[]) : [];
  const parts = takeApart(asked);
  const lastAssistant = asked.findLastIndex((message) => isRecord(message) && message['role'] === 'assistant');
  return {
    messages: [...asked.filter(isRecord), ...(response === null ? [] : [response])],
    ...parts,
    systemTexts: [...systemPassages(request['system']), ...parts.systemTexts],
    replyText: response === null ? null : textOfContent(response['content']),
    latestResults: parts.results.filter(({ message }) => message > lastAssistant),
    lastUserMessage: parts.userTexts.at(-1)?.message ?? -1,
  };
}

interface Parts {
  readonly calls: ConversationCall[];
  readonly results: ConversationResult[];
  readonly userTexts: Passage[];
  readonly assistantTexts: Passage[];
  readonly systemTexts: Passage[];
}

function takeApart(messages: readonly unknown[]): Parts {
  const parts: Parts = { calls: [], results: [], userTexts: [], assistantTexts: [], systemTexts: [] };
  // Some upstreams use the same ids in every turn: a result belongs to the turn right before it.
  let open = new Map<string, number>();
  let previousRole: unknown = null;
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message)) continue;
    const { role } = message;
    if (role === 'assistant' && previousRole !== 'assistant') open = new Map();
    if (role !== 'system') previousRole = role;
    const own = readMessage(message, index);
    for (const kind of TEXTS) for (const passage of own[kind]) parts[kind].push(passage);
    for (const call of own.calls) {
      open.set(call.id, parts.calls.length);
      parts.calls.push(call);
    }
    for (const result of own.results) answer(parts, open, result);
  }
  return parts;
}

const TEXTS = ['userTexts', 'assistantTexts', 'systemTexts'] as const;
const readMessages = new WeakMap<JsonRecord, { readonly index: number; readonly parts: Parts }>();

/** What one message adds. Every turn brings the messages of the turns before, and the store gives them as the same objects. */
function readMessage(message: JsonRecord, index: number): Readonly<Parts> {
  const known = readMessages.get(message);
  if (known?.index === index) return known.parts;
  const { role, content } = message;
  const parts: Parts = { calls: [], results: [], userTexts: [], assistantTexts: [], systemTexts: [] };
  const blocks = Array.isArray(content) ? (content as unknown[]) : [{ type: 'text', text: content }];
  for (const [at, block] of blocks.entries()) {
    if (!isRecord(block)) continue;
    const place = { pointer: `/messages/${index}${Array.isArray(content) ? `/content/${at}` : ''}`, message: index };
    if (block['type'] === 'text') addText(parts, role, { ...place, text: String(block['text'] ?? '') });
    else if (block['type'] === 'tool_result') parts.results.push(createResult(block, place));
    else if (block['type'] === 'tool_use' && role === 'assistant') parts.calls.push(createCall(block, place));
  }
  if (Object.isFrozen(message)) readMessages.set(message, { index, parts });
  return parts;
}

function addText(parts: Parts, role: unknown, passage: Passage): void {
  if (passage.text === '') return;
  if (role === 'assistant') parts.assistantTexts.push(passage);
  else if (role === 'user' && !CLIENT_TEXT.test(passage.text)) parts.userTexts.push(passage);
  else parts.systemTexts.push(passage);
}

type Place = Pick<Passage, 'pointer' | 'message'>;

function createCall(block: JsonRecord, place: Place): ConversationCall {
  const { pointer, message } = place;
  const id = String(block['id'] ?? '');
  return { pointer, message, id, name: String(block['name'] ?? ''), input: block['input'], result: null };
}

const answered = new WeakMap<ConversationCall, ConversationCall>();

function answer(parts: Parts, open: ReadonlyMap<string, number>, result: ConversationResult): void {
  parts.results.push(result);
  const at = open.get(result.id);
  const call = at === undefined ? undefined : parts.calls[at];
  if (at === undefined || call === undefined) return;
  const known = answered.get(call);
  const answeredCall = known?.result === result ? known : { ...call, result };
  if (answeredCall !== known) answered.set(call, answeredCall);
  parts.calls[at] = answeredCall;
}

interface ReadResult {
  readonly id: string;
  readonly text: string;
  readonly flaggedError: boolean;
  readonly kind: ToolResultKind;
}

const readResults = new WeakMap<JsonRecord, ReadResult>();

/** Every turn brings the results of the turns before, and the store gives them as the same objects. */
function readResult(block: JsonRecord): ReadResult {
  const known = readResults.get(block);
  if (known !== undefined) return known;
  const text = toolResultText(block['content']);
  const flaggedError = block['is_error'] === true;
  const kind = classifyToolResult({ pointer: '', text, flaggedError });
  const read = { id: String(block['tool_use_id'] ?? ''), text, flaggedError, kind };
  readResults.set(block, read);
  return read;
}

function createResult(block: JsonRecord, { pointer, message }: Place): ConversationResult {
  const { id, text, flaggedError, kind } = readResult(block);
  return { pointer, message, id, text, flaggedError, kind };
}

function systemPassages(system: unknown): readonly Passage[] {
  const text = textOfContent(system);
  return text === '' ? [] : [{ pointer: '/system', text, message: -1 }];
}

/** The texts of a content, whether it is one text or a list of blocks. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = (content as unknown[]).filter((block) => isRecord(block) && block['type'] === 'text');
  return texts.map((block) => String((block as JsonRecord)['text'] ?? '')).join('\n');
}
