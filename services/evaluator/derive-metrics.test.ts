import { describe, expect, it } from 'vitest';
import { deriveMetrics, type Scored, type TranslatedCall } from './derive-metrics.ts';
import { SCORERS } from './scorers/registry.ts';
import { NOT_APPLICABLE, PASSED, type ScorerResult, unknown } from './scorers/scorer.ts';

const TRANSLATED: TranslatedCall = { upstreamFormat: 'openai-chat', losses: [], hasResponse: true };
const fail = (owner: ScorerResult['owner'], severity: ScorerResult['severity']): ScorerResult =>
  ({ outcome: 'fail', owner, severity, evidence: [] }) as ScorerResult;

function scored(...results: readonly ScorerResult[]): readonly Scored[] {
  return results.map((result, index) => ({ scorer: SCORERS[index]!, result }));
}

function toolUse(...results: readonly ScorerResult[]) {
  return deriveMetrics('call', scored(...results), TRANSLATED).find((metric) => metric.metric === 'toolUse');
}

function fidelity(call: TranslatedCall, ...results: readonly ScorerResult[]) {
  return deriveMetrics('call', scored(...results), call).find((metric) => metric.metric === 'fidelity');
}

describe('tool use', () => {
  it('is 1 when all that applies passed, and absent when nothing applies', () => {
    expect(toolUse(PASSED, NOT_APPLICABLE)).toMatchObject({ status: 'scored', outcome: 'pass', value: 1 });
    expect(toolUse(NOT_APPLICABLE, NOT_APPLICABLE)).toBeUndefined();
  });

  it("is 0 after the provider's error, whatever else passed or is unknown", () => {
    expect(toolUse(PASSED, fail('provider', 'fatal'), unknown('?'))).toMatchObject({ outcome: 'fail', value: 0 });
    expect(toolUse(fail('provider', 'error'))).toMatchObject({ value: 0 });
  });

  it("is not lowered by a warning, nor by the gateway's, the client's or a tool's fault", () => {
    expect(toolUse(PASSED, fail('provider', 'warning'))).toMatchObject({ value: 1 });
    for (const owner of ['gateway', 'client', 'tool'] as const) {
      expect(toolUse(PASSED, fail(owner, 'fatal'))).toMatchObject({ value: 1 });
    }
  });

  it('abstains where a check could not decide, or where only the faults of others remain', () => {
    expect(toolUse(PASSED, unknown('?'))).toMatchObject({ status: 'abstained', outcome: 'unknown', value: null });
    expect(toolUse(fail('tool', 'warning'))).toMatchObject({ status: 'abstained', value: null });
  });
});

describe('fidelity', () => {
  it('falls with the losses, and renaming is none', () => {
    const losses = (['dropped', 'clamped', 'renamed'] as const).map((kind) => ({
      kind,
      pointer: '/x',
      format: 'openai-chat',
      detail: kind,
    }));
    expect(fidelity(TRANSLATED, PASSED)).toMatchObject({ value: 1 });
    expect(fidelity({ ...TRANSLATED, losses }, PASSED)).toMatchObject({ outcome: 'pass', value: 0.85 });
  });

  it("is 0 after an error of the gateway's, and not after the provider's", () => {
    expect(fidelity(TRANSLATED, fail('gateway', 'fatal'))).toMatchObject({ outcome: 'fail', value: 0 });
    expect(fidelity(TRANSLATED, fail('provider', 'fatal'))).toMatchObject({ value: 1 });
  });

  it('is absent for calls of another gateway, for calls without a reply, and in the outcome pass', () => {
    expect(fidelity({ ...TRANSLATED, upstreamFormat: null }, PASSED)).toBeUndefined();
    expect(fidelity({ ...TRANSLATED, hasResponse: false }, PASSED)).toBeUndefined();
    expect(deriveMetrics('outcome', scored(PASSED), TRANSLATED).map((metric) => metric.metric)).toEqual(['toolUse']);
  });
});
