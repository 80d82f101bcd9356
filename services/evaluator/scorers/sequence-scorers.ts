import type { Scorer } from './scorer.ts';
import { errorIgnored } from './sequence/error-ignored.ts';
import { idMismatch } from './sequence/id-mismatch.ts';
import { languageDrift } from './sequence/language-drift.ts';
import { loopCycle } from './sequence/loop-cycle.ts';
import { orphanToolUse } from './sequence/orphan-tool-use.ts';
import { prematureEnd } from './sequence/premature-end.ts';
import { redundantRead } from './sequence/redundant-read.ts';
import { refusalOrEmpty } from './sequence/refusal-or-empty.ts';
import { resultContradicted } from './sequence/result-contradicted.ts';
import { resultIgnored } from './sequence/result-ignored.ts';
import { resultOrderOrRole } from './sequence/result-order-or-role.ts';
import { streamMismatch } from './sequence/stream-mismatch.ts';
import { truncatedOutput } from './sequence/truncated-output.ts';
import { ungroundedLiteral } from './sequence/ungrounded-literal.ts';
import { usageInconsistent } from './sequence/usage-inconsistent.ts';
import { userReask } from './sequence/user-reask.ts';

/** Scorers of a call within its conversation: ids, stops, repetitions, results and what became of them. */
export const SEQUENCE_SCORERS: readonly Scorer[] = [
  ungroundedLiteral,
  idMismatch,
  orphanToolUse,
  resultOrderOrRole,
  truncatedOutput,
  usageInconsistent,
  streamMismatch,
  loopCycle,
  redundantRead,
  errorIgnored,
  resultIgnored,
  resultContradicted,
  prematureEnd,
  userReask,
  refusalOrEmpty,
  languageDrift,
];
