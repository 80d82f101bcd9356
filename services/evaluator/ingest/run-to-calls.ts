import * as z from 'zod';
import { foreignCallId } from '#shared/content-hash.ts';
import type { Call } from '#shared/domain/call.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { countTokens } from '#shared/formats/count-tokens.ts';
import { createMessageId } from '#shared/formats/tool-id.ts';
import { turnShapeOf } from '#shared/routing/turn-shape.ts';
import {
  assistantBlocks,
  type CanonicalTurn,
  type ContentBlock,
  canonicalTool,
  type OpenaiChatMessage,
  openaiChatMessageSchema,
  openaiChatToolSchema,
  otherTurn,
} from './openai-chat-messages.ts';

/** One line of a file of recorded runs: a whole conversation, and the tools on offer where they were recorded. */
export const recordedRunSchema = z.looseObject({
  messages: z.array(openaiChatMessageSchema).min(1),
  tools: z.array(openaiChatToolSchema).nullish(),
});

type RecordedRun = z.infer<typeof recordedRunSchema>;

export interface RunOrigin {
  readonly projectId: string;
  /** The same for the same run whenever it is read; the calls' ids and their session are made of it. */
  readonly runId: string;
  readonly model: string;
  readonly provider: string | null;
  /** Unix milliseconds of the run's first turn; each further one counts as a second later. */
  readonly startedAt: number;
}

const TURN_MS = 1_000;
/** Changes when this file makes other calls of the same recording. */
const CODEC_VERSION = 'openai-chat-file-1';

interface History {
  readonly model: string;
  readonly system: ContentBlock[];
  readonly turns: CanonicalTurn[];
  /** Estimated tokens of all of it, counted turn by turn: counting the whole at every turn would be quadratic. */
  tokens: number;
}

/**
 * Every assistant turn of a run as a call: the request is everything before it, the response the turn itself. Durations,
 * usage and costs are unknown and say so.
 */
export function runToCalls(run: RecordedRun, origin: RunOrigin): readonly CallRecord[] {
  const tools = run.tools?.map(canonicalTool) ?? null;
  const history: History = {
    model: origin.model,
    system: [],
    turns: [],
    tokens: tools === null ? 0 : tokensOf(origin.model, { tools }),
  };
  const records: CallRecord[] = [];
  for (const message of run.messages) {
    if (message.role !== 'assistant') {
      addOther(history, message);
      continue;
    }
    const startedAt = origin.startedAt + records.length * TURN_MS;
    const callId = foreignCallId(origin.projectId, 'file', `${origin.runId}#${records.length}`, startedAt);
    const content = assistantBlocks(message, callId);
    records.push(recordOf({ origin, callId, startedAt, history, tools, content }));
    addTurn(history, { role: 'assistant', content });
  }
  return records;
}

/** Instructions before the conversation are its system prompt; later ones are messages. */
function addOther(history: History, message: Exclude<OpenaiChatMessage, { role: 'assistant' }>): void {
  const turn = otherTurn(message);
  if (turn.role === 'system' && history.turns.length === 0) {
    history.system.push(...turn.content);
    history.tokens += tokensOf(history.model, { system: turn.content });
    return;
  }
  // Results of one turn's parallel calls belong into one message.
  const last = history.turns.at(-1);
  if (message.role === 'tool' && last?.role === 'user' && last.content.every(isToolResult)) {
    history.turns[history.turns.length - 1] = { role: 'user', content: [...last.content, ...turn.content] };
    history.tokens += tokensOf(history.model, { turns: [turn] });
  } else {
    addTurn(history, turn);
  }
}

function addTurn(history: History, turn: CanonicalTurn): void {
  history.turns.push(turn);
  history.tokens += tokensOf(history.model, { turns: [turn] });
}

function isToolResult(block: ContentBlock): boolean {
  return block.type === 'tool_result';
}

interface TurnParts {
  readonly origin: RunOrigin;
  readonly callId: string;
  readonly startedAt: number;
  readonly history: History;
  readonly tools: readonly object[] | null;
  readonly content: readonly ContentBlock[];
}

function recordOf(parts: TurnParts): CallRecord {
  const { origin, callId, history, tools, content } = parts;
  const stopReason = content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
  return {
    v: 1,
    call: callOf(parts, stopReason),
    request: {
      model: origin.model,
      ...(history.system.length === 0 ? {} : { system: [...history.system] }),
      messages: [...history.turns],
      ...(tools === null ? {} : { tools }),
    },
    response: {
      id: createMessageId(callId),
      type: 'message',
      role: 'assistant',
      model: origin.model,
      content,
      stop_reason: stopReason,
      stop_sequence: null,
    },
    upstreamRaw: null,
  };
}

function callOf({ origin, callId, startedAt, history, tools }: TurnParts, stopReason: string): Call {
  return {
    callId,
    projectId: origin.projectId,
    keyId: null,
    developer: null,
    repo: null,
    sessionId: `file-${origin.runId}`,
    // The file says which turns belong together.
    sessionSource: 'metadata',
    agentId: null,
    parentAgentId: null,
    parentCallId: null,
    source: 'file',
    startedAt,
    durationMs: 0,
    timeToFirstChunkMs: null,
    clientFormat: 'openai-chat',
    upstreamFormat: 'openai-chat',
    codecVersion: CODEC_VERSION,
    provider: origin.provider,
    requestModel: origin.model,
    responseModel: origin.model,
    turnShape: turnShapeOf({ messages: history.turns, ...(tools === null ? {} : { tools }) }, history.tokens),
    turnShapeVersion: TURN_SHAPE_VERSION,
    policyId: null,
    epoch: null,
    ruleId: null,
    rolloutId: null,
    variant: null,
    propensity: null,
    candidates: [],
    prefixId: null,
    path: 'hot',
    attempts: [],
    inputTokensEstimate: history.tokens,
    costEstimateUsd: null,
    status: 'ok',
    stopReason,
    upstreamStopReason: null,
    errorType: null,
    usage: null,
    costUsd: null,
    priceVersion: null,
    losses: [],
    // A request without its tools is not the whole request.
    completeness: { hasRequest: true, hasResponse: true, streamed: false, redacted: false, truncated: tools === null },
    capture: 'full',
  };
}

/** The blocks are wider than the request types of the API, and the counter takes whatever it does not know. */
function tokensOf(
  model: string,
  part: {
    readonly system?: readonly ContentBlock[];
    readonly turns?: readonly CanonicalTurn[];
    readonly tools?: readonly object[];
  },
): number {
  const body = {
    system: part.system as unknown as Extract<CanonicalBody['system'], readonly unknown[]>,
    messages: (part.turns ?? []) as unknown as CanonicalBody['messages'],
    tools: (part.tools ?? []) as unknown as NonNullable<CanonicalBody['tools']>,
  };
  return countTokens(body, model);
}
