import type { Call, CallStatus } from '#shared/domain/call.ts';
import type { Loss } from '#shared/domain/loss.ts';
import type { FaultOwner, ScoreOutcome, Severity } from '#shared/domain/score.ts';
import type { ScoredContent, UpstreamRequest } from '../scoring-subject.ts';

/** One example of what a scorer has to say; the shared suite runs all of them on every scorer. */
export interface ScorerCase {
  readonly name: string;
  readonly content: ScoredContent;
  readonly next?: ScoredContent['request'];
  readonly outcome: ScoreOutcome;
  readonly owner?: FaultOwner;
  readonly severity?: Severity;
  readonly expectedVsActual?: string;
}

export const READ_TOOL = {
  name: 'Read',
  description: 'Reads a file',
  input_schema: { type: 'object', properties: { file_path: { type: 'string' } }, required: ['file_path'] },
};
export const EDIT_TOOL = {
  name: 'Edit',
  description: 'Edits a file',
  input_schema: {
    type: 'object',
    properties: {
      file_path: { type: 'string' },
      edits: {
        type: 'array',
        items: { type: 'object', properties: { from: {}, to: {} }, required: ['from', 'to'] },
      },
    },
    required: ['file_path', 'edits'],
  },
};
export const LIST_TOOL = { name: 'ListFiles', input_schema: { type: 'object', properties: {} } };
const SERVER_TOOL = { type: 'web_search_20250305', name: 'web_search' };

export interface ToolUse {
  readonly id?: string;
  readonly name?: string;
  /** An object, or the text that did not parse. */
  readonly input?: unknown;
}

export interface ContentInput {
  readonly calls?: readonly ToolUse[];
  readonly text?: string;
  readonly stopReason?: string | null;
  readonly status?: CallStatus;
  /** Null: the catalogue is not known. */
  readonly tools?: readonly unknown[] | null;
  readonly history?: readonly unknown[];
  readonly raw?: string | null;
  /** Null: another gateway made the call. */
  readonly upstreamFormat?: null;
  readonly losses?: readonly Loss[];
  readonly request?: null;
  readonly response?: null;
  /** Further fields of the request: system, tool_choice and the like. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The reply's blocks, instead of `text` and `calls`. */
  readonly blocks?: readonly unknown[];
  /** All messages of the request, instead of a first one and `history`. */
  readonly messages?: readonly unknown[];
  /** Further fields of the call's row. */
  readonly call?: Partial<Omit<Call, 'status' | 'upstreamFormat' | 'losses'>>;
  readonly upstreamRequest?: UpstreamRequest;
}

export function content(input: ContentInput): ScoredContent {
  const calls = input.calls ?? [];
  const blocks = input.blocks ?? [
    ...(input.text === undefined ? [] : [{ type: 'text', text: input.text }]),
    ...calls.map((call, index) => toolUse(call, index)),
  ];
  const tools = input.tools === undefined ? [READ_TOOL, EDIT_TOOL, LIST_TOOL, SERVER_TOOL] : input.tools;
  const messages = input.messages ?? [{ role: 'user', content: 'Look at the files' }, ...(input.history ?? [])];
  const { upstreamRequest } = input;
  const stopReason = input.stopReason === undefined ? (calls.length > 0 ? 'tool_use' : 'end_turn') : input.stopReason;
  return {
    call: {
      status: input.status ?? 'ok',
      upstreamFormat: input.upstreamFormat === null ? null : 'openai-chat',
      losses: input.losses ?? [],
      ...input.call,
    },
    request: input.request === null ? null : { messages, ...(tools === null ? {} : { tools }), ...input.parameters },
    response: input.response === null ? null : { role: 'assistant', content: blocks, stop_reason: stopReason },
    upstreamRaw: input.raw ?? null,
    ...(upstreamRequest === undefined ? {} : { upstreamRequest: () => upstreamRequest }),
  };
}

export function toolUse(call: ToolUse, index: number): Record<string, unknown> {
  const input = call.input ?? { file_path: 'a.ts' };
  const unparsed = typeof input === 'string' ? { __unparsedToolInput: { raw: input, len: input.length } } : input;
  return { type: 'tool_use', id: call.id ?? `toolu_${index}`, name: call.name ?? 'Read', input: unparsed };
}

/** A past exchange: the assistant's call and what came back. */
export function exchange(call: ToolUse, result: string, flaggedError = false): readonly unknown[] {
  return [{ role: 'assistant', content: [toolUse(call, 0)] }, results([{ ...call, result, flaggedError }])];
}

export function results(
  entries: readonly { readonly id?: string; readonly result: string; readonly flaggedError?: boolean }[],
): Record<string, unknown> {
  const blocks = entries.map((entry, index) => ({
    type: 'tool_result',
    tool_use_id: entry.id ?? `toolu_${index}`,
    content: [{ type: 'text', text: entry.result }],
    ...(entry.flaggedError === true ? { is_error: true } : {}),
  }));
  return { role: 'user', content: blocks };
}

/** A whole OpenAI Chat reply. */
export function openAiReply(
  calls: readonly { readonly name: string; readonly arguments: string }[],
  finishReason = 'tool_calls',
): string {
  const toolCalls = calls.map((call, index) => ({ id: `call_${index}`, type: 'function', function: call }));
  return JSON.stringify({
    choices: [{ index: 0, finish_reason: finishReason, message: { role: 'assistant', tool_calls: toolCalls } }],
  });
}

/** The same as a stream, the arguments cut in two. */
export function openAiStream(
  calls: readonly { readonly name: string; readonly arguments: string }[],
  finishReason = 'tool_calls',
): string {
  const chunks: unknown[] = [];
  for (const [index, call] of calls.entries()) {
    const half = Math.ceil(call.arguments.length / 2);
    chunks.push({
      index,
      id: `call_${index}`,
      function: { name: call.name, arguments: call.arguments.slice(0, half) },
    });
    chunks.push({ index, function: { arguments: call.arguments.slice(half) } });
  }
  const lines = chunks.map((chunk) => event({ choices: [{ index: 0, delta: { tool_calls: [chunk] } }] }));
  return `${lines.join('')}${event({ choices: [{ index: 0, delta: {}, finish_reason: finishReason }] })}data: [DONE]\n\n`;
}

/** A whole Anthropic reply. */
export function anthropicReply(calls: readonly { readonly name: string; readonly input: unknown }[]): string {
  const blocks = calls.map((call, index) => ({ type: 'tool_use', id: `toolu_${index}`, ...call }));
  return JSON.stringify({ type: 'message', role: 'assistant', content: blocks, stop_reason: 'tool_use' });
}

/** An Anthropic stream with one tool call. */
export function anthropicStream(name: string, partialJson: readonly string[], stopReason = 'tool_use'): string {
  const events = [
    { type: 'message_start', message: { id: 'msg_1', content: [] } },
    { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_0', name, input: {} } },
    ...partialJson.map((piece) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: piece },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason } },
    { type: 'message_stop' },
  ];
  return events.map((entry) => `event: ${entry.type}\n${event(entry)}`).join('');
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
