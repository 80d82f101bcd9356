import { Counter, type Registry } from 'prom-client';

/** What the evaluator counts for `/metrics`. */
export interface EvaluatorMetrics {
  readonly callsScored: Counter<'pass'>;
  readonly failuresFound: Counter<'scorer' | 'owner'>;
  readonly customScores: Counter<'scorer' | 'result'>;
  readonly judgements: Counter<'rubric' | 'result'>;
  readonly sessionsClosed: Counter<'quality'>;
  readonly replays: Counter<'status'>;
  readonly deadLetters: Counter<'queue'>;
  readonly reenqueued: Counter;
  readonly servedModelChanges: Counter<'model'>;
}

export function createEvaluatorMetrics(registry: Registry): EvaluatorMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `trimtab_evaluator_${name}_total`, help, labelNames: [...labelNames], registers });
  return {
    callsScored: counter('calls_scored', 'Calls scored for the first time, by pass', ['pass']),
    failuresFound: counter('failures', 'Failures that deterministic scorers found', ['scorer', 'owner']),
    customScores: counter('custom_scores', 'What scorers of the operator said, or why they said nothing', [
      'scorer',
      'result',
    ]),
    judgements: counter('judgements', 'Judgements by rubric and result', ['rubric', 'result']),
    sessionsClosed: counter('sessions_closed', 'Sessions closed, with a quality or without', ['quality']),
    replays: counter('replays', 'Replays finished, by status', ['status']),
    deadLetters: counter('dead_letters', 'Jobs that failed all their attempts', ['queue']),
    servedModelChanges: counter('served_model_changes', 'Models that an upstream began to serve as another one', [
      'model',
    ]),
    reenqueued: counter('reenqueued', 'Stored calls whose scoring job had been lost'),
  };
}
