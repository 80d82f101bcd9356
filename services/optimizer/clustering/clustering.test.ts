import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailureFacts } from '#shared/domain/failure-cluster.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { classifyFailure } from './classify.ts';
import { type FailingScore, failureFactsOf } from './failure-facts.ts';
import { maskTemplate } from './mask-template.ts';
import { signatureOf } from './signature.ts';
import { concentratedProvider, titleOf } from './title.ts';

describe('masking', () => {
  it.each([
    [
      'call toolu_01AbCdEf failed after 3 tries',
      'call toolu_9ZyXwVuT failed after 12 tries',
      'call <id> failed after <number> tries',
    ],
    ['cannot open /srv/app/src/index.ts', 'cannot open ./lib/other.js', 'cannot open <path>'],
    ['see https://a.example/x?y=1', 'see http://b.example', 'see <url>'],
    ['at 2026-11-22T03:00:00.123Z', 'at 2025-01-01', 'at <date>'],
    ['id 3f2504e0-4f89-41d3-9a0c-0305e82c3301', 'id 00000000-0000-7000-8000-000000000000', 'id <uuid>'],
    ['commit 9fceb02d0ae598e95dc970b74767f19372d61af8', 'commit deadbeef01', 'commit <hex>'],
    ["unknown property 'colour'", 'unknown property "size"', 'unknown property <quoted>'],
    ['got {"a":[1,{"b":"}"}]} instead', 'got ["x"] instead', 'got <json> instead'],
    ['model gpt-5-mini-2025-08-07 refused', 'model claude-haiku-4-5 refused', 'model <model> refused'],
    ['positions 1, 2 and 3', 'positions 4', 'positions <number>'],
  ])('makes two occurrences of one failure equal: %s', (one, other, template) => {
    expect(maskTemplate(one)).toBe(template);
    expect(maskTemplate(other)).toBe(template);
  });

  it('keeps the words that tell failures apart', () => {
    expect(maskTemplate('context length exceeded')).not.toBe(maskTemplate('rate limit exceeded'));
  });

  it('is idempotent, bounded and never throws, whatever the text', () => {
    const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 120 }).map((units) => String.fromCharCode(...units));
    // What masks look for, cut and put together in every way.
    const fragment = fc.constantFrom(
      ...[
        'toolu_01AbCdEf',
        'req-123456789',
        '/srv/app',
        './x.ts',
        'C:\\x',
        'a/b.ts',
        'https://a.example/x',
        '0x1f',
        'deadbeef01',
      ],
      ...[
        '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
        '2026-11-22T03:00:00Z',
        '12:30:00',
        '1,000.5',
        '-3e9',
        '7%',
        'gpt-5-mini',
      ],
      ...[
        '"',
        "'",
        '`',
        '{"a":1}',
        '[1,2]',
        '{',
        '}',
        '<number>',
        '<quoted>',
        '<',
        '>',
        '[',
        ']',
        ', ',
        ' and ',
        ' ',
        ':',
        'word',
      ],
    );
    const pieced = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(anyText, pieced), (text) => {
        const once = maskTemplate(text);
        expect(once.length).toBeLessThanOrEqual(400);
        expect(maskTemplate(once)).toBe(once);
      }),
      { numRuns: 400 },
    );
  });

  it('takes no more than linear time on hostile text', () => {
    const started = performance.now();
    for (const part of ['{"', 'a/', '"', "'", '0'.repeat(7), 'a1', 'http://', '[[', '.-'])
      maskTemplate(part.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

const FACTS: FailureFacts = {
  ...{ stage: 'tool_use', check: 'args_malformed_json', turnShape: '4k-multi-edit' },
  ...{ expectedVsActual: 'json valid -> invalid', template: 'at <number>' },
};

describe('the signature', () => {
  it('is the same for the same facts in any order, and differs when any of them differs', () => {
    const reordered = Object.fromEntries(Object.entries(FACTS).reverse()) as FailureFacts;
    expect(signatureOf(reordered)).toBe(signatureOf(FACTS));
    const signatures = new Set(
      (Object.keys(FACTS) as (keyof FailureFacts)[]).map((key) => signatureOf({ ...FACTS, [key]: 'stream' })),
    );
    expect(signatures.add(signatureOf(FACTS)).size).toBe(6);
  });

  it('does not change between releases: clusters are found by it', () => {
    expect(signatureOf(FACTS)).toMatchInlineSnapshot(
      `"752639e054862b4b10d057d4dafe29d93aca819d9b0c493cbbe4e0f894ef3f35"`,
    );
  });
});

describe('facts of a failing score', () => {
  const score: FailingScore = {
    ...{ scorer: 'unknown_tool', metric: 'toolUse', owner: 'provider', judged: false, turnShape: '4k-multi-edit' },
    explanation: formatExplanation({ expectedVsActual: 'tool known -> unknown', detail: 'there is no tool "Raed"' }),
  };

  it('hold the bucketed difference and the masked sentence', () => {
    expect(failureFactsOf(score)).toEqual({
      prefixFixable: true,
      facts: {
        ...{ stage: 'tool_use', check: 'unknown_tool', turnShape: '4k-multi-edit' },
        ...{ expectedVsActual: 'tool known -> unknown', template: 'there is no tool <quoted>' },
      },
    });
  });

  it('leave out what a judge says in its own words', () => {
    const judged = {
      ...score,
      scorer: 'tool_use',
      owner: null,
      judged: true,
      explanation: 'the tool was a poor choice',
    };
    expect(failureFactsOf(judged)?.facts).toMatchObject({ template: '', expectedVsActual: '', stage: 'tool_use' });
  });
});

describe('classification', () => {
  const failure = { scorer: 'parallel_collapsed', metric: 'toolUse', owner: 'provider', judged: false } as const;

  it('never asks words to mend what the gateway, a tool or a client broke', () => {
    expect(classifyFailure(failure)).toEqual({ stage: 'tool_use', prefixFixable: true });
    expect(classifyFailure({ ...failure, owner: 'gateway' })).toEqual({
      stage: 'outbound_translate',
      prefixFixable: false,
    });
    expect(classifyFailure({ ...failure, owner: 'tool' })).toMatchObject({ prefixFixable: false });
    expect(classifyFailure({ ...failure, owner: 'client' })).toBeNull();
    expect(classifyFailure({ ...failure, owner: null })).toBeNull();
    expect(classifyFailure({ ...failure, metric: 'taskCompletion', owner: null, judged: true })).toEqual({
      ...{ stage: 'task', prefixFixable: true },
    });
  });
});

describe('the title', () => {
  const facts = { check: 'parallel_collapsed', expectedVsActual: 'calls 2+ -> 1', turnShape: '4k-parallel-plan' };

  it('says what went wrong, and names a provider only where the failures are concentrated', () => {
    expect(titleOf(facts, [])).toBe('Parallel tool calls collapsed into one: calls 2+ -> 1 (4k-parallel-plan)');
    const swift = { provider: 'swift', failures: 9, failingSessions: 5, calls: 40 };
    const grand = { provider: 'grand', failures: 1, failingSessions: 1, calls: 60 };
    expect(titleOf(facts, [swift, grand])).toContain(' on provider swift ');
    expect(titleOf({ ...facts, check: 'odd.new_check' }, [])).toMatch(/^Odd new check: /);
  });

  it('names no provider that has all of the traffic, or too few sessions', () => {
    const only = { provider: 'swift', failures: 9, failingSessions: 5, calls: 100 };
    expect(concentratedProvider([only])).toBeNull();
    const grand = { provider: 'grand', failures: 0, failingSessions: 0, calls: 100 };
    expect(concentratedProvider([{ ...only, failingSessions: 2 }, grand])).toBeNull();
    expect(concentratedProvider([only, grand])).toBe('swift');
  });
});
