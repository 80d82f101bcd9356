import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';
import { parseConfig } from './load-config.ts';
import { SAMPLE_CONFIG } from './sample-config.ts';

const BASE = `
providers:
  openai: { apiKey: "\${OPENAI_API_KEY}" }
models:
  - { id: gpt-5-mini, provider: openai, aliases: [claude-haiku-4-5], price: { input: 1, output: 2 } }
`;

function problemsOf(text: string, environment = { OPENAI_API_KEY: 'sk-test' }) {
  const result = parseConfig(text, environment);
  if ('config' in result) throw new Error('expected problems');
  return result;
}

describe('parseConfig', () => {
  it('accepts the sample that a first start writes, and names the keys it misses', () => {
    const result = parseConfig(SAMPLE_CONFIG, { OPENAI_API_KEY: 'sk-test' });
    if (!('config' in result)) throw new Error(JSON.stringify(result));
    expect(result.missingSecrets).toEqual([{ provider: 'anthropic', variable: 'ANTHROPIC_API_KEY' }]);
    expect(result.config.providers['openai']?.apiKey).toBe('sk-test');
    expect(result.config.governance.rollout.minDuration).toBe(4 * 3_600_000);
    expect(result.config.governance.weights).toBe('propose');
  });

  it('names the variable where what is missing stands in the file, and is not set', () => {
    const hooks = `webhooks: [{ name: ops, format: slack, url: "\${SLACK_URL}" }]\n`;
    expect(problemsOf(`${BASE}${hooks}`)).toMatchObject([
      { path: 'webhooks.0.url', message: 'a webhook of format slack needs a url; SLACK_URL is not set' },
    ]);
    const secret = `webhooks: [{ name: ops, url: "https://ops.example/", secret: "\${HOOK_SECRET}" }]\n`;
    expect(parseConfig(`${BASE}${secret}`, { OPENAI_API_KEY: 'sk-test' })).toMatchObject({
      missingSecrets: [{ provider: 'webhooks.0.secret', variable: 'HOOK_SECRET' }],
    });
  });

  it('gives an empty file the safe defaults', () => {
    const result = parseConfig('', {});
    if (!('config' in result)) throw new Error('expected a config');
    expect(result.config.governance).toMatchObject({ qualityBar: 0.8, prefixes: 'propose', exposureMax: 0.15 });
  });

  it('names the line of an unknown setting and the nearest known one', () => {
    const [problem] = problemsOf(`${BASE}governance:\n  qualityBaar: 0.9\n`);
    expect(problem).toEqual({
      path: 'governance.qualityBaar',
      line: 7,
      message: 'is not a setting; did you mean "qualityBar"?',
    });
  });

  it('names the line of a value of the wrong type inside a list', () => {
    const [problem] = problemsOf(`${BASE}  - { id: other, provider: openai, price: { input: cheap, output: 1 } }\n`);
    expect(problem?.path).toBe('models.1.price.input');
    expect(problem?.line).toBe(6);
  });

  it('refuses a secret written inline without repeating it', () => {
    const problems = problemsOf('providers:\n  openai: { apiKey: sk-live-1234 }\n');
    expect(problems[0]?.line).toBe(2);
    expect(JSON.stringify(problems)).not.toContain('sk-live-1234');
  });

  it.each([
    [
      'an unlisted provider',
      'models: [{ id: a, provider: opnai, price: { input: 1, output: 2 } }]\nproviders: { openai: {} }',
      /did you mean "openai"/,
    ],
    [
      'a route to an off-list model',
      `${BASE}routes: [{ targets: [{ model: gpt-5-mni, weight: 1 }] }]`,
      /not on the allow-list/,
    ],
    [
      'an alias used twice',
      `${BASE}  - { id: b, provider: openai, aliases: [claude-haiku-4-5], price: { input: 1, output: 2 } }`,
      /already means gpt-5-mini/,
    ],
    [
      'a model listed twice',
      `${BASE}  - { id: gpt-5-mini, provider: openai, price: { input: 1, output: 2 } }`,
      /listed twice/,
    ],
    [
      'a quirk that no encoder knows',
      'providers: { openai: { quirks: [files, no-strem-options] } }',
      /"no-strem-options" is not a known quirk; did you mean "no-stream-options"/,
    ],
    ['an unknown provider with no address', 'providers: { vllm: { format: openai-chat } }', /needs a baseUrl/],
    ['exposure beyond its limit', 'governance: { exploration: 0.2 }', /lower one or raise the limit/],
    ['a duration without a unit', 'governance: { session: { idle: "10" } }', /not a duration/],
    ['text that is not YAML', 'providers: [', /./],
  ])('refuses %s', (_name, text, message) => {
    expect(
      problemsOf(text)
        .map((problem) => problem.message)
        .join('\n'),
    ).toMatch(message);
  });
});

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['14d', 1_209_600_000],
  ])('reads %s', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));
  it.each(['10', 'm', '-1s', '1w', ''])('refuses %j', (text) => expect(parseDuration(text)).toBeUndefined());
});
