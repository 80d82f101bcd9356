import { describe, expect, it } from 'vitest';
import type { Llm } from '#shared/llm/llm.ts';
import { eligibleJudges, type PanelJudge } from './judge-panel.ts';

const judges = (...models: readonly string[]): readonly PanelJudge[] =>
  models.map((model) => ({ llm: { model, provider: 'local' } as Llm, dailyBudgetUsd: 1 }));
const eligible = (configured: readonly PanelJudge[], ...served: readonly (string | null)[]) =>
  eligibleJudges(configured, served).map(({ llm }) => llm.model);

describe('eligibleJudges', () => {
  it('leaves out the family of the producer as long as another is configured', () => {
    expect(eligible(judges('gpt-5', 'claude-x', 'gpt-5-mini'), 'gpt-4.1')).toEqual(['claude-x']);
    expect(eligible(judges('gpt-5', 'claude-x', 'qwen3'), 'gpt-4.1', 'claude-y')).toEqual(['qwen3']);
  });

  it('leaves out at least that of the last model, and then at least the very model', () => {
    expect(eligible(judges('gpt-5', 'claude-x'), 'gpt-4.1', 'claude-y')).toEqual(['gpt-5']);
    expect(eligible(judges('gpt-5', 'gpt-5-mini'), 'gpt-5')).toEqual(['gpt-5-mini', 'gpt-5']);
  });

  it('keeps the order of the configuration where nothing is known of the producer', () => {
    expect(eligible(judges('gpt-5', 'claude-x'), null)).toEqual(['gpt-5', 'claude-x']);
  });
});
