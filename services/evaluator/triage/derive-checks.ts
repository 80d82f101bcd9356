import type { Severity } from '#shared/domain/score.ts';
import { SCORERS } from '../scorers/registry.ts';
import type { Scorer, ScorerResult } from '../scorers/scorer.ts';
import type { ScoringSubject } from '../scorers/scoring-subject.ts';
import type { TriageSubject } from './triage-features.ts';

interface Found {
  readonly scorer: Pick<Scorer, 'owner' | 'severity'>;
  readonly result: Pick<ScorerResult, 'outcome' | 'owner' | 'severity'>;
}

/** Failures of the checks that the model answers for; those of others say nothing of its work. */
export function countChecks(found: readonly Found[]): TriageSubject['checks'] {
  const severities = found
    .filter(({ scorer, result }) => result.outcome === 'fail' && (result.owner ?? scorer.owner) === 'provider')
    .map(({ scorer, result }): Severity => result.severity ?? scorer.severity);
  return {
    errors: severities.filter((severity) => severity === 'fatal' || severity === 'error').length,
    warnings: severities.filter((severity) => severity === 'warning').length,
  };
}

/** Runs the checks that need the call alone. */
export function deriveChecks(subject: ScoringSubject): TriageSubject['checks'] {
  const scorers = SCORERS.filter((scorer) => scorer.pass === 'call');
  return countChecks(scorers.map((scorer) => ({ scorer, result: scorer.score(subject) })));
}
