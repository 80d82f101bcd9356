import type { FailureStage } from '#shared/domain/failure-cluster.ts';
import type { FaultOwner } from '#shared/domain/score.ts';

export interface FailureClass {
  readonly stage: FailureStage;
  /** True when words in a system prompt could change what the model does; a fault of ours never is. */
  readonly prefixFixable: boolean;
}

/** Checks whose failures a model can avoid when it is told how. */
const TOLD_CHECKS: ReadonlySet<string> = new Set([
  'unknown_tool',
  'tool_name_mangled',
  'args_malformed_json',
  'args_not_object',
  'missing_required',
  'unexpected_param',
  'type_mismatch',
  'enum_violation',
  'constraint_violation',
  'placeholder_arg',
  'parallel_disallowed',
  'tool_choice_violated',
  'missing_expected_call',
  'parallel_collapsed',
  'failing_call_repeated',
  'tool_result_error',
]);

/** A stop reason that contradicts the content comes from the wire, whoever made it. */
const STREAM_CHECKS: ReadonlySet<string> = new Set(['stop_reason_inconsistent']);

/**
 * Where a failure belongs, or null when it is nobody's that the optimizer can steer: a client's own mistake, or a tool
 * that failed by itself, says nothing of model, prompt or translation.
 */
export function classifyFailure(failure: {
  readonly scorer: string;
  readonly metric: string;
  readonly owner: FaultOwner | null;
  readonly judged: boolean;
}): FailureClass | null {
  if (failure.owner === 'client') return null;
  if (failure.owner === 'tool') return { stage: 'tool_use', prefixFixable: false };
  if (STREAM_CHECKS.has(failure.scorer)) return { stage: 'stream', prefixFixable: false };
  if (failure.owner === 'gateway') {
    return { stage: failure.metric === 'fidelity' ? 'inbound_translate' : 'outbound_translate', prefixFixable: false };
  }
  if (failure.judged) {
    return { stage: failure.metric === 'taskCompletion' ? 'task' : 'tool_use', prefixFixable: true };
  }
  if (failure.owner === null) return null;
  const stage = failure.metric === 'taskCompletion' ? 'task' : 'tool_use';
  return { stage, prefixFixable: TOLD_CHECKS.has(failure.scorer) };
}
