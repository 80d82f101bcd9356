import { argsMalformedJson } from './args-malformed-json.ts';
import { CALL_SCORERS } from './call-scorers.ts';
import { CODE_SCORERS } from './code-scorers.ts';
import { failingCallRepeated } from './failing-call-repeated.ts';
import { LOSS_SCORERS } from './loss-scorers.ts';
import { missingRequired } from './missing-required.ts';
import { parallelCollapsed } from './parallel-collapsed.ts';
import type { Scorer } from './scorer.ts';
import { SEQUENCE_SCORERS } from './sequence-scorers.ts';
import { stopReasonInconsistent } from './stop-reason-inconsistent.ts';
import { toolResultError } from './tool-result-error.ts';
import { unknownTool } from './unknown-tool.ts';

/**
 * Every deterministic scorer. The position is the bit of the scorer in a scoring run's bitmaps, so within one version
 * of the set scorers are neither moved nor removed; any change of the list or of a scorer makes a new version.
 */
export const SCORERS: readonly Scorer[] = [
  unknownTool,
  argsMalformedJson,
  missingRequired,
  parallelCollapsed,
  stopReasonInconsistent,
  failingCallRepeated,
  toolResultError,
  ...CALL_SCORERS,
  ...SEQUENCE_SCORERS,
  ...CODE_SCORERS,
  ...LOSS_SCORERS,
];

export const SCORER_SET_VERSION = 'deterministic-5';
