import { describe, expect, it } from 'vitest';
import { PROMPT_OPTIMIZERS } from './registry.ts';

describe('the registered optimizers', () => {
  it('are the six, each under a name of its own', () => {
    expect(PROMPT_OPTIMIZERS.map(({ name }) => name).sort()).toEqual([
      ...['bayesian', 'gepa', 'meta-prompt', 'prompt-wizard', 'protegi', 'random-search'],
    ]);
  });

  it.each(PROMPT_OPTIMIZERS.map((each) => [each.name, each] as const))(
    '%s has defaults for all its options',
    (_name, each) => {
      const { optimizer, options } = each.bind({});
      expect(optimizer.name).toBe(each.name);
      expect(Object.values(options as object).every((value) => value !== undefined)).toBe(true);
      expect(each.bind(options).options).toEqual(options);
    },
  );

  it.each(PROMPT_OPTIMIZERS.map((each) => [each.name, each] as const))(
    '%s refuses an option that it does not know',
    (_name, each) => {
      expect(() => each.bind({ roundz: 3 })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
      expect(() => each.bind('fast')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );
});
