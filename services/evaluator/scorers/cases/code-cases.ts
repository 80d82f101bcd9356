import { BLOCK_DROPPED_CASES } from './code/block-dropped-cases.ts';
import { CODE_PLACEHOLDER_CASES } from './code/code-placeholder-cases.ts';
import { CODE_SYNTAX_INVALID_CASES } from './code/code-syntax-invalid-cases.ts';
import { DANGEROUS_COMMAND_CASES } from './code/dangerous-command-cases.ts';
import { EDIT_BEFORE_READ_CASES } from './code/edit-before-read-cases.ts';
import { EDIT_NOOP_CASES } from './code/edit-noop-cases.ts';
import { EDIT_TARGET_ABSENT_CASES } from './code/edit-target-absent-cases.ts';
import { IMPORT_UNRESOLVED_CASES } from './code/import-unresolved-cases.ts';
import { INJECTION_FOLLOWED_CASES } from './code/injection-followed-cases.ts';
import { LATENCY_OR_RETRY_CASES } from './code/latency-or-retry-cases.ts';
import { PATCH_DOES_NOT_APPLY_CASES } from './code/patch-does-not-apply-cases.ts';
import { PATH_OUTSIDE_ROOT_CASES } from './code/path-outside-root-cases.ts';
import { SECRET_IN_ARGS_CASES } from './code/secret-in-args-cases.ts';
import { SUCCESS_CLAIM_CASES } from './code/success-claim-cases.ts';
import { SYSTEM_PROMPT_ALTERED_CASES } from './code/system-prompt-altered-cases.ts';
import { TEST_SIGNAL_CASES } from './code/test-signal-cases.ts';
import { THINKING_LOST_CASES } from './code/thinking-lost-cases.ts';
import type { ScorerCase } from './scorer-case.ts';

/** The examples of every scorer in `code-scorers.ts`, by its id. */
export const CODE_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  code_placeholder: CODE_PLACEHOLDER_CASES,
  code_syntax_invalid: CODE_SYNTAX_INVALID_CASES,
  dangerous_command: DANGEROUS_COMMAND_CASES,
  edit_before_read: EDIT_BEFORE_READ_CASES,
  edit_noop: EDIT_NOOP_CASES,
  edit_target_absent: EDIT_TARGET_ABSENT_CASES,
  image_or_block_dropped: BLOCK_DROPPED_CASES,
  import_unresolved: IMPORT_UNRESOLVED_CASES,
  injection_followed: INJECTION_FOLLOWED_CASES,
  latency_or_retry: LATENCY_OR_RETRY_CASES,
  patch_does_not_apply: PATCH_DOES_NOT_APPLY_CASES,
  path_outside_root: PATH_OUTSIDE_ROOT_CASES,
  secret_in_args: SECRET_IN_ARGS_CASES,
  success_claim_without_check: SUCCESS_CLAIM_CASES,
  system_prompt_altered: SYSTEM_PROMPT_ALTERED_CASES,
  test_signal: TEST_SIGNAL_CASES,
  thinking_lost: THINKING_LOST_CASES,
};
