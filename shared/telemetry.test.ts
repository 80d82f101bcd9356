import { describe, expect, it } from 'vitest';
import { callAttributes } from './telemetry.ts';
import { sampleCallRecord } from './testing/sample-call-record.ts';

describe('callAttributes', () => {
  it('names the model, the tokens with what caches served, and the routing decision', () => {
    const { call } = sampleCallRecord({
      call: {
        provider: 'openai',
        requestModel: 'claude-sonnet',
        responseModel: 'gpt-5-mini',
        policyId: 'p1',
        epoch: 4,
        ruleId: 'r1',
        variant: 'canary',
        propensity: 0.25,
        candidates: [{ model: 'gpt-5-mini', weight: 0.25 }],
        usage: {
          inputTokens: 10,
          cacheReadInputTokens: 20,
          cacheCreationInputTokens: 5,
          outputTokens: 7,
          reasoningOutputTokens: 2,
        },
      },
    });
    expect(callAttributes(call)).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'claude-sonnet',
      'gen_ai.response.model': 'gpt-5-mini',
      'gen_ai.usage.input_tokens': 35,
      'gen_ai.usage.cache_read.input_tokens': 20,
      'gen_ai.usage.output_tokens': 7,
      'trimtab.call.id': call.callId,
      'trimtab.policy.id': 'p1',
      'trimtab.policy.epoch': 4,
      'trimtab.rule.id': 'r1',
      'trimtab.variant': 'canary',
      'trimtab.propensity': 0.25,
      'trimtab.candidates': ['gpt-5-mini=0.25'],
    });
  });

  it('leaves out what is not known, instead of sending nulls', () => {
    const { call } = sampleCallRecord({ call: { usage: null, rolloutId: null, prefixId: null } });
    const attributes = callAttributes(call);
    expect(Object.values(attributes)).not.toContain(null);
    expect(attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    expect(attributes).not.toHaveProperty('trimtab.rollout.id');
  });
});
