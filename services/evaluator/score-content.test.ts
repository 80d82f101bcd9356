import { describe, expect, it } from 'vitest';
import { LOSS_KINDS, type Loss, type LossKind } from '#shared/domain/loss.ts';
import { sessionQuality } from '#shared/domain/session-quality.ts';
import { scoreContent, toScoreRows } from './score-content.ts';
import { content } from './scorers/cases/scorer-case.ts';
import { createScoringSubject } from './scorers/scoring-subject.ts';

const KEY = { projectId: 'p', callId: '0192f0c1-2345-7000-8000-000000000001', pass: 'call' } as const;

function rowsWith(losses: readonly Loss[]) {
  const call = content({ calls: [{}], losses });
  const translation = { upstreamFormat: 'openai-chat', losses, hasResponse: true };
  return toScoreRows(KEY, scoreContent('call', createScoringSubject(call, null), translation));
}

describe('losses', () => {
  const all = (Object.keys(LOSS_KINDS) as LossKind[]).map(
    (kind): Loss => ({ kind, pointer: `/${kind}`, format: 'openai-chat', detail: `a ${kind} field` }),
  );

  it('are rows of the gateway, one per kind, with where they are', () => {
    const rows = rowsWith(all).filter((row) => row.scorer.startsWith('loss_'));
    expect(rows.map((row) => row.scorer)).toEqual(Object.keys(LOSS_KINDS).map((kind) => `loss_${kind}`));
    for (const row of rows) {
      expect(row).toMatchObject({ outcome: 'fail', owner: 'gateway', metric: 'fidelity' });
      expect(row.evidence).toEqual([{ pointer: `/${row.scorer.slice(5)}`, quote: `a ${row.scorer.slice(5)} field` }]);
    }
  });

  it('lower fidelity and never the quality of the model', () => {
    const fidelity = (losses: readonly Loss[]) => rowsWith(losses).find((row) => row.scorer === 'fidelity')?.value;
    expect(fidelity([])).toBe(1);
    expect(fidelity(all)).toBe(0.75);
    expect(sessionQuality(rowsWith([]))).toBe(1);
    expect(sessionQuality(rowsWith(all))).toBe(1);
  });
});
