import { LOSS_KINDS, type Loss, type LossKind, type LossKindDefinition } from '#shared/domain/loss.ts';
import type { Evidence } from '#shared/domain/score.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** A ledger has few entries; of a broken one the first tell as much as all. */
const EVIDENCE_MAX = 20;

/** One scorer per kind of loss. What translation lost is the gateway's doing and never lowers a model's weight. */
export const LOSS_SCORERS: readonly Scorer[] = (Object.entries(LOSS_KINDS) as [LossKind, LossKindDefinition][]).map(
  ([kind, { definition, severity }]) => ({
    id: `loss_${kind}`,
    version: '1',
    metric: 'fidelity',
    pass: 'call',
    owner: 'gateway',
    severity,
    definition: `Translation left nothing ${kind}. ${definition}`,
    score: (subject) => score(kind, severity, subject),
  }),
);

function score(kind: LossKind, severity: LossKindDefinition['severity'], subject: ScoringSubject): ScorerResult {
  if (subject.losses === null) return NOT_APPLICABLE;
  const found = subject.losses.filter((loss) => loss.kind === kind);
  const [first] = found;
  if (first === undefined) return PASSED;
  return {
    outcome: 'fail',
    owner: 'gateway',
    severity,
    evidence: found.slice(0, EVIDENCE_MAX).map(evidenceOf),
    expectedVsActual: `${kind} 0 -> ${found.length > 1 ? '2+' : '1'}`,
    detail: `${kind} for ${first.format}: ${first.detail}`,
  };
}

/** The detail is text of ours, never of the traffic. */
function evidenceOf({ pointer, detail }: Loss): Evidence {
  return detail === '' ? { pointer } : { pointer, quote: detail };
}
