import type { Evidence, FaultOwner, Severity } from '#shared/domain/score.ts';
import type { ScorerResult } from '../scorer.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** Places of one fault; the first ones show it as well as all. */
const EVIDENCE_MAX = 10;

/** A place with as much of its text as evidence holds. */
export function quoted(pointer: string, text: string): Evidence {
  return text === '' ? { pointer } : { pointer, quote: text.slice(0, QUOTE_CHARACTERS_MAX) };
}

/** A failed check. */
export function failed(
  blame: { readonly owner: FaultOwner; readonly severity: Severity },
  said: { readonly expectedVsActual: string; readonly detail: string },
  evidence: readonly Evidence[],
): ScorerResult {
  return { outcome: 'fail', ...blame, evidence: evidence.slice(0, EVIDENCE_MAX), ...said };
}
