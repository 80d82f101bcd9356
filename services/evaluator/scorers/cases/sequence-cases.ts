import type { ScorerCase } from './scorer-case.ts';
import {
  PREMATURE_END_CASES,
  RESULT_CONTRADICTED_CASES,
  RESULT_IGNORED_CASES,
  USER_REASK_CASES,
} from './sequence/answer-cases.ts';
import {
  ERROR_IGNORED_CASES,
  LOOP_CYCLE_CASES,
  REDUNDANT_READ_CASES,
  UNGROUNDED_LITERAL_CASES,
} from './sequence/conversation-cases.ts';
import {
  LANGUAGE_DRIFT_CASES,
  REFUSAL_OR_EMPTY_CASES,
  STREAM_MISMATCH_CASES,
  TRUNCATED_OUTPUT_CASES,
  USAGE_INCONSISTENT_CASES,
} from './sequence/reply-cases.ts';
import { ID_MISMATCH_CASES, ORPHAN_TOOL_USE_CASES, RESULT_ORDER_OR_ROLE_CASES } from './sequence/result-cases.ts';

/** The examples of every scorer in `sequence-scorers.ts`, by its id. */
export const SEQUENCE_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  ungrounded_literal: UNGROUNDED_LITERAL_CASES,
  id_mismatch: ID_MISMATCH_CASES,
  orphan_tool_use: ORPHAN_TOOL_USE_CASES,
  result_order_or_role: RESULT_ORDER_OR_ROLE_CASES,
  truncated_output: TRUNCATED_OUTPUT_CASES,
  usage_inconsistent: USAGE_INCONSISTENT_CASES,
  stream_mismatch: STREAM_MISMATCH_CASES,
  loop_cycle: LOOP_CYCLE_CASES,
  redundant_read: REDUNDANT_READ_CASES,
  error_ignored: ERROR_IGNORED_CASES,
  result_ignored: RESULT_IGNORED_CASES,
  result_contradicted: RESULT_CONTRADICTED_CASES,
  premature_end: PREMATURE_END_CASES,
  user_reask: USER_REASK_CASES,
  refusal_or_empty: REFUSAL_OR_EMPTY_CASES,
  language_drift: LANGUAGE_DRIFT_CASES,
};
