import { describe, expect, it } from 'vitest';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import { createConversation } from '../scorers/conversation/conversation.ts';
import { countChecks } from './derive-checks.ts';
import { fitTriageModel, type TriageExample } from './fit-triage-model.ts';
import { budgetPressure, judgingShare } from './judging-share.ts';
import { SHIPPED_TRIAGE_MODEL } from './shipped-triage-model.ts';
import { triageFeatures } from './triage-features.ts';
import { triageProbability } from './triage-model.ts';

function featuresOf(end: { readonly user: string; readonly result: string }, errors = 0) {
  const request = {
    messages: [
      { role: 'user', content: 'Change the plan and also send me the bill.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'get_plan', input: { id: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '{"plan":"small"}' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'b', name: 'change_plan', input: { id: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: end.result }] },
      { role: 'user', content: end.user },
    ],
  };
  const conversation = createConversation(request, { content: [{ type: 'text', text: 'All set.' }] });
  if (conversation === null) throw new TypeError('no conversation');
  return triageFeatures({ conversation, replyCalls: [], checks: { errors, warnings: 0 } });
}

const WELL = { user: 'Great, thank you, that works.', result: '{"plan":"large"}' };
const BADLY = { user: 'It still does not work, this is wrong and frustrating.', result: 'Error: plan not found' };

describe('triage', () => {
  it('thinks more of a call whose user is content than of one whose tool failed', () => {
    const well = triageProbability(SHIPPED_TRIAGE_MODEL, featuresOf(WELL));
    const badly = triageProbability(SHIPPED_TRIAGE_MODEL, featuresOf(BADLY));
    expect(well).toBeGreaterThan(badly + 0.2);
    expect(badly).toBeGreaterThan(0);
    expect(well).toBeLessThan(1);
  });

  it('never thinks more of a call for a failed check', () => {
    for (const end of [WELL, BADLY]) {
      const clean = triageProbability(SHIPPED_TRIAGE_MODEL, featuresOf(end));
      for (const errors of [1, 2, 5]) {
        expect(triageProbability(SHIPPED_TRIAGE_MODEL, featuresOf(end, errors))).toBeLessThanOrEqual(clean);
      }
    }
  });

  it('counts failures of the model only, and not those of a tool', () => {
    const scorer = { owner: 'provider', severity: 'error' } as const;
    const found = [
      { scorer, result: { outcome: 'fail' } },
      { scorer, result: { outcome: 'fail', owner: 'tool' } },
      { scorer, result: { outcome: 'fail', severity: 'warning' } },
      { scorer, result: { outcome: 'pass' } },
    ] as const;
    expect(countChecks(found)).toEqual({ errors: 1, warnings: 1 });
  });

  it('ships a model for every feature that it works out, and knows where it is from', () => {
    const known = Object.keys(featuresOf(WELL));
    for (const { name } of SHIPPED_TRIAGE_MODEL.features) expect(known).toContain(name);
    expect(SHIPPED_TRIAGE_MODEL.version).toMatch(/^triage-[0-9a-f]{8}$/);
    expect(SHIPPED_TRIAGE_MODEL.fittedOn.rows).toBeGreaterThan(100);
  });
});

describe('fitting', () => {
  const examples = (harm: number, signal = 2): TriageExample[] => {
    const random = seededUniform(5);
    return Array.from({ length: 300 }, (_none, index) => {
      const signalOf = random() * 2 - 1;
      const checkErrors = random() < 0.5 ? 0 : 1;
      const isGood = random() < 1 / (1 + Math.exp(-signal * signalOf - harm * checkErrors));
      return {
        features: { lateMood: signalOf, checkErrors, constant: 1 },
        label: isGood ? 1 : 0,
        group: `${index % 60}`,
      };
    });
  };
  const weightOf = (rows: readonly TriageExample[], name: string) =>
    fitTriageModel(rows, { version: 'v', source: 's' }).features.find((feature) => feature.name === name)?.weight;

  it('learns what bears on success and leaves out what never varies', () => {
    expect(weightOf(examples(-2), 'lateMood')).toBeGreaterThan(0.5);
    expect(weightOf(examples(-2), 'checkErrors')).toBeLessThan(-0.3);
    expect(weightOf(examples(-2), 'constant')).toBeUndefined();
  });

  it('gives failures of checks no credit, even where the data do', () => {
    expect(weightOf(examples(2), 'checkErrors')).toBe(0);
  });

  it('is sure of nothing where there is nothing to learn', () => {
    const noise = examples(0, 0);
    const model = fitTriageModel(noise, { version: 'v', source: 's' });
    const probabilities = noise.map(({ features }) => triageProbability(model, features));
    expect(Math.max(...probabilities) - Math.min(...probabilities)).toBeLessThan(0.3);
  });
});

describe('the share of calls that is judged', () => {
  it('is all of them while there is money and nobody wants less', () => {
    for (const probability of [0.01, 0.5, 0.99]) expect(judgingShare(probability, { share: 1, pressure: 0.5 })).toBe(1);
  });

  it('is spent where the outcome is open, and never nothing', () => {
    const budget = { share: 0.2, pressure: 1 };
    const [certain, likely, open] = [0.99, 0.8, 0.5].map((probability) => judgingShare(probability, budget));
    expect(open).toBeGreaterThan(likely ?? 1);
    expect(likely).toBeGreaterThan(certain ?? 1);
    expect(certain).toBeGreaterThanOrEqual(0.05);
    expect(judgingShare(0.5, { share: 0, pressure: 0 })).toBe(0);
    expect(judgingShare(0.5, { share: 1, pressure: Number.POSITIVE_INFINITY })).toBe(0.01);
  });

  it('shrinks as the budget goes faster than the day', () => {
    const noon = 43_200_000;
    expect(budgetPressure(10, 20, noon)).toBe(1);
    expect(budgetPressure(20, 20, noon)).toBe(2);
    expect(budgetPressure(0, 0, noon)).toBe(Number.POSITIVE_INFINITY);
    const shares = [1, 2, 8].map((pressure) => judgingShare(0.9, { share: 1, pressure }));
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(new Set(shares).size).toBe(3);
  });
});
