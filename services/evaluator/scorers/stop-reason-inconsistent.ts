import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** Reasons to stop that may stand beside tool calls: the reply was cut or withheld, whatever was in it. */
const CUT_REASONS: ReadonlySet<string> = new Set([
  'max_tokens',
  'refusal',
  'model_context_window_exceeded',
  'pause_turn',
]);
const RAW_TOOL_REASONS: ReadonlySet<string> = new Set(['tool_use', 'tool_calls', 'function_call']);
/** Gemini's and the Responses API's word for an end, whether tools are called or not. */
const RAW_ANY_REASONS: ReadonlySet<string> = new Set(['STOP', 'completed']);
/** Words of upstreams for an answer that ran into its limit. */
const RAW_CUT_REASONS: ReadonlySet<string> = new Set(['length', 'max_tokens', 'MAX_TOKENS']);

interface Inconsistency {
  readonly expectedVsActual: string;
  readonly detail: string;
}

function findInconsistency(
  toolCallCount: number,
  stopReason: string | null,
  hasOtherContent: boolean,
): Inconsistency | null {
  if (stopReason === null) {
    return { expectedVsActual: 'stop reason -> absent', detail: 'a complete message has no stop reason' };
  }
  if (CUT_REASONS.has(stopReason)) return null;
  if (toolCallCount > 0 && stopReason !== 'tool_use') {
    return {
      expectedVsActual: `calls 1+ stop tool_use -> stop ${plainReason(stopReason)}`,
      detail: 'a message with tool calls does not stop for them, so that clients run none of them',
    };
  }
  if (toolCallCount === 0 && stopReason === 'tool_use') {
    return {
      expectedVsActual: 'stop tool_use calls 1+ -> calls 0',
      detail: 'a message stops for tool calls and has none',
    };
  }
  if (toolCallCount === 0 && !hasOtherContent) {
    return { expectedVsActual: 'content 1+ -> content 0', detail: 'a message ends its turn without any content' };
  }
  return null;
}

function plainReason(stopReason: string): string {
  return ['end_turn', 'stop_sequence', 'tool_use'].includes(stopReason) ? stopReason : 'other';
}

/** The upstream's own reply shows the same contradiction. */
function rawIsInconsistent(subject: ScoringSubject): boolean {
  if (subject.raw === null) return true;
  const { toolCalls, stopReason } = subject.raw;
  if (stopReason === null) return true;
  const stopsForTools = RAW_ANY_REASONS.has(stopReason) ? toolCalls.length > 0 : RAW_TOOL_REASONS.has(stopReason);
  const delivered = subject.delivered?.toolCalls.length ?? 0;
  if (stopsForTools !== toolCalls.length > 0) return true;
  // Both sides are empty: the upstream had nothing to say either.
  return toolCalls.length === 0 && delivered === 0;
}

const HIDDEN_CUT: ScorerResult = {
  outcome: 'fail',
  owner: 'gateway',
  severity: 'error',
  evidence: [{ pointer: '/upstreamRaw' }, { pointer: '/response/stop_reason', quote: 'end_turn' }],
  expectedVsActual: 'stop max_tokens -> stop end_turn',
  detail: 'an answer that was cut at its limit is delivered as one that came to its end',
};

function score(subject: ScoringSubject): ScorerResult {
  if (subject.delivered === null) return NOT_APPLICABLE;
  if (subject.status === 'upstream_error') return NOT_APPLICABLE;
  const { toolCalls, stopReason, hasOtherContent } = subject.delivered;
  if (subject.status !== 'ok') return unknown('a message that was cut off has no stop reason to hold it to');
  const inconsistency = findInconsistency(toolCalls.length, stopReason, hasOtherContent);
  if (stopReason === 'end_turn' && RAW_CUT_REASONS.has(subject.raw?.stopReason ?? '')) return HIDDEN_CUT;
  if (inconsistency === null) return toolCalls.length === 0 ? NOT_APPLICABLE : PASSED;
  return {
    outcome: 'fail',
    owner: rawIsInconsistent(subject) ? 'provider' : 'gateway',
    severity: 'error',
    evidence: [
      { pointer: '/response/stop_reason', ...(stopReason === null ? {} : { quote: stopReason.slice(0, 40) }) },
    ],
    ...inconsistency,
  };
}

export const stopReasonInconsistent: Scorer = {
  id: 'stop_reason_inconsistent',
  version: '2',
  metric: 'toolUse',
  pass: 'call',
  owner: 'gateway',
  severity: 'error',
  definition:
    'A message stops for tool use exactly when it has tool calls, does not end its turn with nothing, and says when it was cut.',
  score,
};
