import { describe, expect, it } from 'vitest';
import { deriveCode } from './derive-code.ts';
import { codePlaceholder } from './scorers/code/code-placeholder.ts';
import { codeSyntaxInvalid } from './scorers/code/code-syntax-invalid.ts';
import { importUnresolved } from './scorers/code/import-unresolved.ts';
import { testSignal } from './scorers/code/test-signal.ts';
import { NOT_APPLICABLE, PASSED, type ScorerResult, unknown } from './scorers/scorer.ts';

const failed = (severity: 'error' | 'warning'): ScorerResult => ({
  outcome: 'fail',
  owner: 'provider',
  severity,
  evidence: [{ pointer: '/response' }],
});
const signal = (expectedVsActual: string) =>
  deriveCode('outcome', [{ scorer: testSignal, result: { outcome: 'unknown', evidence: [], expectedVsActual } }]);

describe('the code metric', () => {
  it('is one where everything that finds errors has passed', () => {
    const scored = [
      { scorer: codeSyntaxInvalid, result: PASSED },
      { scorer: codePlaceholder, result: PASSED },
      { scorer: importUnresolved, result: failed('warning') },
    ];
    expect(deriveCode('call', scored)).toEqual({ outcome: 'pass', value: 1 });
  });

  it('is zero after one error', () => {
    const scored = [
      { scorer: codeSyntaxInvalid, result: failed('error') },
      { scorer: codePlaceholder, result: PASSED },
    ];
    expect(deriveCode('call', scored)).toEqual({ outcome: 'fail', value: 0 });
  });

  it('abstains where a check that finds errors could not decide', () => {
    const scored = [
      { scorer: codeSyntaxInvalid, result: unknown('no parsers are loaded') },
      { scorer: codePlaceholder, result: PASSED },
    ];
    expect(deriveCode('call', scored)).toEqual({ outcome: 'unknown', value: null });
  });

  it('is absent where no code was written', () => {
    expect(deriveCode('call', [{ scorer: codeSyntaxInvalid, result: NOT_APPLICABLE }])).toBeNull();
    expect(deriveCode('outcome', [{ scorer: testSignal, result: NOT_APPLICABLE }])).toBeNull();
  });

  it('is what the tests say, once they have run', () => {
    expect(signal('tests red -> green')).toEqual({ outcome: 'pass', value: 1 });
    expect(signal('types none -> green')).toEqual({ outcome: 'pass', value: 1 });
    expect(signal('tests red -> less red')).toEqual({ outcome: 'pass', value: 0.5 });
    expect(signal('tests red -> red')).toEqual({ outcome: 'fail', value: 0.25 });
    expect(signal('build green -> red')).toEqual({ outcome: 'fail', value: 0 });
  });

  it('takes a first red run for no more than the fault that is to be mended', () => {
    expect(signal('tests none -> red')).toEqual({ outcome: 'unknown', value: null });
  });
});
