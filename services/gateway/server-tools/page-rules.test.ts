import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { isDomainAllowed } from './domain-filter.ts';
import { htmlText } from './html-text.ts';
import { isPriorAddress } from './prior-addresses.ts';

describe('isDomainAllowed', () => {
  it.each<[string, string[], string[], boolean]>([
    ['https://example.com/', [], [], true],
    ['https://docs.example.com/a', ['example.com'], [], true],
    ['https://notexample.com/', ['example.com'], [], false],
    ['https://example.com.evil.org/', ['example.com'], [], false],
    ['https://evil.org/?https://example.com', ['example.com'], [], false],
    ['https://example.com/blog/post', ['example.com/blog'], [], true],
    ['https://example.com/shop', ['example.com/blog'], [], false],
    ['https://example.com/a/x/b', ['example.com/a/*/b'], [], true],
    ['https://example.com/a/x/c', ['example.com/a/*/b'], [], false],
    ['https://EXAMPLE.com/', ['https://example.COM'], [], true],
    ['https://sub.example.com/', ['example.com'], ['sub.example.com'], false],
    ['https://example.org/', [], ['example.com'], true],
  ])('%s with %j allowed and %j blocked: %s', (url, allowed, blocked, expected) => {
    expect(isDomainAllowed(new URL(url), [{ allowed, blocked }])).toBe(expected);
  });

  it('asks the operator and the client', () => {
    const operator = { allowed: ['example.com'], blocked: [] };
    const client = { allowed: [], blocked: ['private.example.com'] };
    expect(isDomainAllowed(new URL('https://example.com'), [operator, client])).toBe(true);
    expect(isDomainAllowed(new URL('https://private.example.com'), [operator, client])).toBe(false);
    expect(isDomainAllowed(new URL('https://example.org'), [operator, client])).toBe(false);
  });
});

describe('isPriorAddress', () => {
  const messages = [
    { role: 'user' as const, content: 'See https://example.com/page/ please.' },
    { role: 'assistant' as const, content: 'I could ask https://evil.example/?secret=1' },
    {
      role: 'user' as const,
      content: [{ type: 'tool_result' as const, tool_use_id: 't', content: 'found https://tool.example/x' }],
    },
  ];

  it.each(['https://example.com/page', 'https://example.com/page#part', 'https://tool.example/x'])(
    'takes %s, which somebody other than the model has named',
    (url) => expect(isPriorAddress(messages, url)).toBe(true),
  );

  it.each(['https://evil.example/?secret=1', 'https://example.com/page?secret=1'])(
    'refuses %s, which is of the model alone',
    (url) => expect(isPriorAddress(messages, url)).toBe(false),
  );
});

describe('htmlText', () => {
  it.each([
    ['<p>one</p><p>two</p>', 'one\n\ntwo'],
    ['<ul><li>a</li><li>b</li></ul>', '- a\n\n- b'],
    ['a<script>if (1 < 2) x()</script>b', 'ab'],
    ['a<!-- <b>no</b> -->b', 'ab'],
    ['<a title="x > y" href=\'#\'>link</a>', 'link'],
    ['1 &lt; 2 &amp;&amp; &#x263A;&#9786; &nbsp; &unknown;', '1 < 2 && ☺☺ &unknown;'],
    ['a < b', 'a < b'],
    ['<style>p { color: red }</style>shown', 'shown'],
    ['<script>never closed', ''],
    ['<svg/>after', 'after'],
    ['text <', 'text <'],
  ])('reads %j as %j', (html, expected) => {
    expect(htmlText(html).text).toBe(expected);
  });

  it('finds the title in the head', () => {
    expect(htmlText('<head><title>A &amp; B</title></head><body>x').title).toBe('A & B');
    expect(htmlText('<body><svg><title>no</title></svg></body>').title).toBeNull();
  });

  it('takes anything for a page, and gives plain text back as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (html) => {
        expect(typeof htmlText(html).text).toBe('string');
      }),
      PROPERTY,
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9 .,]{0,80}$/), (plain) => {
        expect(htmlText(plain).text).toBe(plain.replace(/ +/g, ' ').trim());
      }),
      PROPERTY,
    );
  });

  it('is done with a page of nothing but openings in time', () => {
    const startedAt = process.cpuUsage().user;
    htmlText('<script><p "'.repeat(40_000));
    htmlText('<'.repeat(400_000));
    expect((process.cpuUsage().user - startedAt) / 1_000_000).toBeLessThan(5);
  });
});
