import { tokensOfTexts } from '#shared/formats/tokens/text-tokens.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import { toolResultText } from '../tool-results.ts';
import { cutMark, cutMarked, cutMiddle } from './cut-middle.ts';
import { markOutput, markText } from './datamark.ts';
import { neutralise } from './neutralise.ts';
import { renderCatalogue } from './render-catalogue.ts';
import { type TaskKind, taskKindOf } from './task-kind.ts';

/** One message as the judge sees it; quotes are held against `text`. */
export interface RenderedMessage {
  readonly id: string;
  readonly pointer: string;
  readonly text: string;
  /** True when something of it was removed. */
  readonly cut: boolean;
}

export interface RenderedTranscript {
  readonly system: string;
  readonly catalogue: string;
  readonly messages: readonly RenderedMessage[];
  /** Share of the characters that was removed to fit. */
  readonly cutShare: number;
  readonly taskKind: TaskKind;
}

/** Tokens of one transcript: what small judges read reliably, and what keeps the price of a verdict in cents. */
const TRANSCRIPT_TOKENS_MAX = 20_000;
const SYSTEM_CHARACTERS_MAX = 6_000;
/**
 * Characters per block, tried in turn until the transcript fits. What tools put out goes first and what the assistant
 * called, with errors, last: those decide most verdicts.
 */
const LEVELS = [
  { output: Number.POSITIVE_INFINITY, text: Number.POSITIVE_INFINITY, call: Number.POSITIVE_INFINITY },
  { output: 4_000, text: Number.POSITIVE_INFINITY, call: Number.POSITIVE_INFINITY },
  { output: 1_500, text: 4_000, call: Number.POSITIVE_INFINITY },
  { output: 600, text: 2_000, call: 4_000 },
  { output: 250, text: 800, call: 1_500 },
  { output: 100, text: 300, call: 600 },
  { output: 40, text: 120, call: 240 },
];
type Level = (typeof LEVELS)[number];

/** The first request and the last messages say most, and keep this many times the limit. */
const IMPORTANT_FACTOR = 8;
const LAST_MESSAGES_IMPORTANT = 6;

export interface RenderOptions {
  readonly tokensMax?: number;
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
  const messages = Array.isArray(request['messages']) ? (request['messages'] as unknown[]) : [];
  const all = [
    ...messages.map((message, index) => ({ message, pointer: `/messages/${index}` })),
    ...(response === null ? [] : [{ message: { ...response, role: 'assistant' }, pointer: '/response' }]),
  ];
  const firstRequest = all.findIndex(({ message }) => isRecord(message) && message['role'] === 'user');
  const renderAt = (level: Level): readonly RenderedMessage[] =>
    all.map(({ message, pointer }, index) => {
      const important = index === firstRequest || index >= all.length - LAST_MESSAGES_IMPORTANT;
      const { text, cut } = renderMessage(message, important ? scaled(level, IMPORTANT_FACTOR) : level);
      return { id: `m${index + 1}`, pointer, text, cut };
    });
  const whole = renderAt(LEVELS[0] as Level);
  const charactersMax = budgetOf(whole, options.tokensMax ?? TRANSCRIPT_TOKENS_MAX);
  const fitting = shorten(whole, charactersMax, renderAt);
  return {
    system: renderSystem(request['system']),
    catalogue: renderCatalogue(request['tools']),
    messages: fitting,
    cutShare: fitting === whole ? 0 : Math.max(0, 1 - charactersOf(fitting) / Math.max(1, charactersOf(whole))),
    taskKind: taskKindOf(request),
  };
}

/** How many characters of this very text fit into so many tokens: prose has twice as many in a token as JSON. */
function budgetOf(messages: readonly RenderedMessage[], tokensMax: number): number {
  const characters = charactersOf(messages);
  // No tokenizer makes more tokens than there are characters, but for scripts that need several bytes.
  if (characters <= tokensMax / 2) return characters;
  const tokens = tokensOfTexts(messages.map(({ text }) => text));
  return tokens <= tokensMax ? characters : Math.floor((characters * tokensMax) / tokens);
}

function shorten(
  whole: readonly RenderedMessage[],
  charactersMax: number,
  renderAt: (level: Level) => readonly RenderedMessage[],
): readonly RenderedMessage[] {
  let rendered = whole;
  for (const level of LEVELS.slice(1)) {
    if (charactersOf(rendered) <= charactersMax) return rendered;
    rendered = renderAt(level);
  }
  return dropMiddle(rendered, charactersMax);
}

function scaled(level: Level, factor: number): Level {
  return { output: level.output * factor, text: level.text * factor, call: level.call * factor };
}

function renderMessage(message: unknown, level: Level): { readonly text: string; readonly cut: boolean } {
  if (!isRecord(message)) return { text: '', cut: false };
  const content = message['content'];
  const blocks =
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];
  const pieces = (blocks as unknown[]).flatMap((block) => renderBlock(block, level) ?? []);
  const text = [`${oneLine(message['role'])}:`, ...pieces.map((piece) => piece.text)].join('\n');
  return { text, cut: pieces.some((piece) => piece.cut) };
}

interface Piece {
  readonly text: string;
  readonly cut: boolean;
}

function renderBlock(block: unknown, level: Level): Piece | null {
  if (!isRecord(block)) return null;
  switch (block['type']) {
    case 'text': {
      const text = neutralise(String(block['text'] ?? ''));
      return text === '' ? null : { text: cutMarked(text, level.text, markText), cut: text.length > level.text };
    }
    case 'tool_use': {
      const input = neutralise(JSON.stringify(block['input'] ?? {}));
      const head = `tool call ${oneLine(block['id'])}: ${oneLine(block['name'])}`;
      return { text: `${head} ${cutMiddle(input, level.call)}`, cut: input.length > level.call };
    }
    case 'tool_result': {
      const isError = block['is_error'] === true;
      const limit = isError ? level.call : level.output;
      const output = neutralise(toolResultText(block['content']));
      const head = `tool result for ${oneLine(block['tool_use_id'])}${isError ? ' (error)' : ''}:`;
      return { text: `${head}\n${cutMarked(output, limit, markOutput)}`, cut: output.length > limit };
    }
    // A model's private reasoning is neither evidence nor anybody's claim.
    case 'thinking':
    case 'redacted_thinking':
      return null;
    default:
      return { text: `[${oneLine(block['type'])}]`, cut: false };
  }
}

/** The last resort: whole messages between the first and the last ones give way to one mark. */
function dropMiddle(messages: readonly RenderedMessage[], charactersMax: number): readonly RenderedMessage[] {
  const removable = Math.max(0, messages.length - LAST_MESSAGES_IMPORTANT - 1);
  let excess = charactersOf(messages) - charactersMax;
  let count = 0;
  for (; count < removable && excess > 0; count += 1) excess -= messages[count + 1]?.text.length ?? 0;
  const removed = messages.slice(1, count + 1);
  const first = messages[0];
  if (first === undefined || removed.length === 0) return messages;
  const text = cutMark(removed.map((message) => message.text).join('\n\n'), `${removed.length} messages, `);
  const mark = { id: `${removed[0]?.id}-${removed.at(-1)?.id}`, pointer: '/messages', text, cut: true };
  return [first, mark, ...messages.slice(count + 1)];
}

function oneLine(text: unknown): string {
  return neutralise(String(text)).replace(/\s+/g, ' ');
}

function renderSystem(system: unknown): string {
  const text = neutralise(typeof system === 'string' ? system : toolResultText(system));
  return text === '' ? '' : cutMarked(text, SYSTEM_CHARACTERS_MAX, markText);
}

/** Characters of the conversation as shown, without the system text and the catalogue. */
export function transcriptCharacters(transcript: RenderedTranscript): number {
  return charactersOf(transcript.messages);
}

function charactersOf(messages: readonly RenderedMessage[]): number {
  return messages.reduce((sum, message) => sum + message.text.length, 0);
}
