import { codePlaceholder } from './code/code-placeholder.ts';
import { codeSyntaxInvalid } from './code/code-syntax-invalid.ts';
import { importUnresolved } from './code/import-unresolved.ts';
import { successClaimWithoutCheck } from './code/success-claim-without-check.ts';
import { testSignal } from './code/test-signal.ts';
import { editBeforeRead } from './files/edit-before-read.ts';
import { editNoop } from './files/edit-noop.ts';
import { editTargetAbsent } from './files/edit-target-absent.ts';
import { patchDoesNotApply } from './files/patch-does-not-apply.ts';
import { pathOutsideRoot } from './files/path-outside-root.ts';
import { latencyOrRetry } from './latency-or-retry.ts';
import { dangerousCommand } from './safety/dangerous-command.ts';
import { injectionFollowed } from './safety/injection-followed.ts';
import { secretInArgs } from './safety/secret-in-args.ts';
import type { Scorer } from './scorer.ts';
import { blockDropped } from './translation/block-dropped.ts';
import { systemPromptAltered } from './translation/system-prompt-altered.ts';
import { thinkingLost } from './translation/thinking-lost.ts';

/** Scorers of files and code, of what reached the upstream, of safety and of speed. */
export const CODE_SCORERS: readonly Scorer[] = [
  editTargetAbsent,
  editNoop,
  editBeforeRead,
  pathOutsideRoot,
  patchDoesNotApply,
  codeSyntaxInvalid,
  codePlaceholder,
  importUnresolved,
  testSignal,
  successClaimWithoutCheck,
  thinkingLost,
  blockDropped,
  systemPromptAltered,
  secretInArgs,
  dangerousCommand,
  injectionFollowed,
  latencyOrRetry,
];
