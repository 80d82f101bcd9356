import { sha256Hex } from '#shared/content-hash.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import { toolResultText } from '../tool-results.ts';
import { neutralise } from './neutralise.ts';

/** One message as the judge sees it; quotes are held against `text`. */
interface RenderedMessage {
  readonly id: string;
  readonly pointer: string;
  readonly text: string;
}

export interface RenderedTranscript {
  readonly system: string;
  readonly catalogue: string;
  readonly messages: readonly RenderedMessage[];
  /** Share of the characters that was removed to fit. */
  readonly cutShare: number;
}

/**
 * Characters of one transcript, about 20,000 tokens: what small judges read reliably, and what keeps the price of a
 * verdict in cents.
 */
const TRANSCRIPT_CHARACTERS_MAX = 60_000;

const SYSTEM_CHARACTERS_MAX = 4_000;
const CATALOGUE_CHARACTERS_MAX = 12_000;
const DESCRIPTION_CHARACTERS_MAX = 300;
const SCHEMA_CHARACTERS_MAX = 600;
/** Limits per block, tried in turn until the transcript fits. */
const BLOCK_LIMITS = [Number.POSITIVE_INFINITY, 4_000, 1_500, 500, 200, 80];
/** The first request and the last messages say most, and keep this many times the limit. */
const IMPORTANT_FACTOR = 8;
const LAST_MESSAGES_IMPORTANT = 6;

export interface RenderOptions {
  readonly charactersMax?: number;
}

/**
 * Renders a conversation with everything a judge needs: the system text, the tool catalogue, every tool call with its
 * id and every result paired with it. What is too long is cut from the middle of blocks, and every cut is marked.
 */
export function renderTranscript(
  request: JsonRecord,
  response: JsonRecord | null,
  options: RenderOptions = {},
): RenderedTranscript {
  const charactersMax = options.charactersMax ?? TRANSCRIPT_CHARACTERS_MAX;
  const messages = Array.isArray(request['messages']) ? (request['messages'] as unknown[]) : [];
  const all = [
    ...messages.map((message, index) => ({ message, pointer: `/messages/${index}` })),
    ...(response === null ? [] : [{ message: { ...response, role: 'assistant' }, pointer: '/response' }]),
  ];
  let rendered: readonly RenderedMessage[] = [];
  let whole = 0;
  for (const limit of BLOCK_LIMITS) {
    rendered = all.map(({ message, pointer }, index) => {
      const important = index === 0 || index >= all.length - LAST_MESSAGES_IMPORTANT;
      const text = renderMessage(message, important ? limit * IMPORTANT_FACTOR : limit);
      return { id: `m${index + 1}`, pointer, text };
    });
    if (limit === Number.POSITIVE_INFINITY) whole = charactersOf(rendered);
    if (charactersOf(rendered) <= charactersMax) break;
  }
  const fitting = dropMiddle(rendered, charactersMax);
  return {
    system: cutMiddle(neutralise(systemTextOf(request['system'])), SYSTEM_CHARACTERS_MAX),
    catalogue: cutMiddle(renderCatalogue(request['tools']), CATALOGUE_CHARACTERS_MAX),
    messages: fitting,
    cutShare: whole === 0 ? 0 : Math.max(0, 1 - charactersOf(fitting) / whole),
  };
}

/** Shortens a text in its middle and says so, with the length and hash of what is gone. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, Math.ceil((limit * 2) / 3));
  const tail = text.slice(text.length - Math.floor(limit / 3));
  const removed = text.slice(head.length, text.length - tail.length);
  return `${head}[... ${removed.length} characters removed, sha256 ${sha256Hex(removed).slice(0, 8)} ...]${tail}`;
}

function renderMessage(message: unknown, limit: number): string {
  if (!isRecord(message)) return '';
  const content = message['content'];
  const blocks =
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];
  const lines = (blocks as unknown[]).map((block) => renderBlock(block, limit)).filter((line) => line !== '');
  return `${String(message['role'])}:\n${lines.join('\n')}`;
}

function renderBlock(block: unknown, limit: number): string {
  if (!isRecord(block)) return '';
  switch (block['type']) {
    case 'text':
      return cutMiddle(neutralise(String(block['text'] ?? '')), limit);
    case 'tool_use': {
      const input = cutMiddle(neutralise(JSON.stringify(block['input'] ?? {})), limit);
      return `tool call ${neutralise(String(block['id']))}: ${neutralise(String(block['name']))} ${input}`;
    }
    case 'tool_result': {
      const text = cutMiddle(neutralise(toolResultText(block['content'])), limit);
      const state = block['is_error'] === true ? ' (error)' : '';
      // Every line of a tool's output is marked: it is the place where strangers' words come in.
      return `tool result for ${neutralise(String(block['tool_use_id']))}${state}:\n${text.replace(/^/gm, '> ')}`;
    }
    // A model's private reasoning is neither evidence nor anybody's claim.
    case 'thinking':
    case 'redacted_thinking':
      return '';
    default:
      return `[${neutralise(String(block['type']))}]`;
  }
}

/** The last resort: whole messages between the first and the last ones give way to one mark. */
function dropMiddle(messages: readonly RenderedMessage[], charactersMax: number): readonly RenderedMessage[] {
  const kept = [...messages];
  const removed: RenderedMessage[] = [];
  while (charactersOf(kept) > charactersMax && kept.length > LAST_MESSAGES_IMPORTANT + 1) {
    removed.push(...kept.splice(1, 1));
  }
  const [first, ...rest] = kept;
  if (first === undefined || removed.length === 0) return messages;
  const text = `[... ${removed.length} messages, ${charactersOf(removed)} characters removed ...]`;
  return [first, { id: `${removed[0]?.id}-${removed.at(-1)?.id}`, pointer: '/messages', text }, ...rest];
}

function renderCatalogue(tools: unknown): string {
  if (!Array.isArray(tools)) return '(not known)';
  const lines = (tools as unknown[]).filter(isRecord).map((tool) => {
    const description = cutMiddle(String(tool['description'] ?? ''), DESCRIPTION_CHARACTERS_MAX).replace(/\s+/g, ' ');
    const schema = cutMiddle(JSON.stringify(tool['input_schema'] ?? {}), SCHEMA_CHARACTERS_MAX);
    return neutralise(`- ${String(tool['name'])}: ${description}\n  arguments: ${schema}`);
  });
  return lines.length === 0 ? '(no tools)' : lines.join('\n');
}

function systemTextOf(system: unknown): string {
  if (typeof system === 'string') return system;
  return toolResultText(system);
}

function charactersOf(messages: readonly RenderedMessage[]): number {
  return messages.reduce((sum, message) => sum + message.text.length, 0);
}
