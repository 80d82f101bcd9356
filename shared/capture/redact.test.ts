import { describe, expect, it } from 'vitest';
import { redactText, redactValue } from './redact.ts';

describe('redactText', () => {
  it.each([
    ['write to ada@example.org today', 'write to [email] today'],
    ['export KEY=sk-ant-api03-abcdefghijklmnop', 'export KEY=[secret]'],
    ['AKIAIOSFODNN7EXAMPLE is ours', '[secret] is ours'],
    ['card 4111 1111 1111 1111.', 'card [card].'],
    ['order 4111 1111 1111 1112.', 'order 4111 1111 1111 1112.'],
    ['pay DE89 3704 0044 0532 0130 00 now', 'pay [iban] now'],
    ['call +49 30 901820', 'call [phone]'],
    ['at 1700000000000 ms, sha 9f86d081884c7d65', 'at 1700000000000 ms, sha 9f86d081884c7d65'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[private-key]'],
    ['nothing to see', 'nothing to see'],
  ])('turns %j into %j', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('stays quick on text made to slow it down', () => {
    const startedAt = performance.now();
    redactText(`${'a'.repeat(100_000)}@${'a.'.repeat(50_000)}${'1 '.repeat(50_000)}+1${'('.repeat(10_000)}`);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('redactValue', () => {
  it('reaches every text, and leaves names and image data alone', () => {
    const value = {
      'ada@example.org': [{ text: 'ada@example.org' }],
      source: { type: 'base64', data: 'ada@example.org' },
      count: 3,
    };
    expect(redactValue(value)).toEqual({
      'ada@example.org': [{ text: '[email]' }],
      source: { type: 'base64', data: 'ada@example.org' },
      count: 3,
    });
  });
});
