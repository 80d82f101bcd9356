import type { ReplayResult } from '#shared/database/replay-store.ts';
import type { ApiError } from '#shared/formats/api-error.ts';
import type { Loss } from '#shared/formats/loss.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { type ContentScores, scoreContent } from './score-content.ts';
import { isRecord } from './scorers/json.ts';
import { createScoringSubject } from './scorers/scoring-subject.ts';

/** The reply to a replayed call. */
export type ReplayReply =
  | {
      readonly ok: true;
      readonly message: Readonly<Record<string, unknown>>;
      readonly losses: readonly Loss[];
      readonly raw: string | null;
      readonly upstreamFormat: string;
      readonly durationMs: number;
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly costUsd: number;
    }
  | { readonly ok: false; readonly error: ApiError };

const ERROR_CHARACTERS_MAX = 500;

/** The reply, scored by the same scorers as traffic. */
export function replayResultOf(
  { checkSyntax }: Pick<EvaluatorDeps, 'checkSyntax'>,
  request: Readonly<Record<string, unknown>>,
  reply: ReplayReply & { ok: true },
): ReplayResult {
  const usage = {
    inputTokens: reply.inputTokens,
    outputTokens: reply.outputTokens,
    ...{ cacheReadInputTokens: 0, cacheCreationInputTokens: 0, reasoningOutputTokens: 0 },
  };
  const content = {
    call: { status: 'ok', upstreamFormat: reply.upstreamFormat, losses: reply.losses, usage },
    request,
    response: reply.message,
    upstreamRaw: reply.raw,
    ...(checkSyntax === undefined ? {} : { checkSyntax }),
  } as const;
  const translation = { upstreamFormat: reply.upstreamFormat, losses: reply.losses, hasResponse: true };
  const scores = scoreContent('call', createScoringSubject(content, null), translation);
  const stopReason = reply.message['stop_reason'];
  return {
    toolUse: metricValue(scores, 'toolUse'),
    fidelity: metricValue(scores, 'fidelity'),
    outcomes: Object.fromEntries(scores.scored.map(({ scorer, result }) => [scorer.id, result.outcome])),
    failures: scores.scored
      .filter(({ result }) => result.outcome === 'fail')
      .map(({ scorer, result }) => ({
        scorer: scorer.id,
        owner: result.owner ?? scorer.owner,
        severity: result.severity ?? scorer.severity,
        expectedVsActual: result.expectedVsActual ?? '',
      })),
    stopReason: typeof stopReason === 'string' ? stopReason : null,
    toolCalls: toolCallsOf(reply.message),
    judged: null,
    judgeCostUsd: 0,
    durationMs: reply.durationMs,
    inputTokens: reply.inputTokens,
    outputTokens: reply.outputTokens,
    error: null,
  };
}

function toolCallsOf(message: Readonly<Record<string, unknown>>): number {
  const content: readonly unknown[] = Array.isArray(message['content']) ? message['content'] : [];
  return content.filter((block) => isRecord(block) && block['type'] === 'tool_use').length;
}

function metricValue(scores: ContentScores, metric: string): number | null {
  return scores.metrics.find((derived) => derived.metric === metric)?.value ?? null;
}

/** What stands in the row of a replay without a reply. */
export function failedResult(error: string): ReplayResult {
  return {
    toolUse: null,
    fidelity: null,
    outcomes: {},
    failures: [],
    stopReason: null,
    ...{ toolCalls: null, judged: null, judgeCostUsd: 0 },
    durationMs: null,
    inputTokens: null,
    outputTokens: null,
    error: error.slice(0, ERROR_CHARACTERS_MAX),
  };
}
