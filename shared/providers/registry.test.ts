import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/config-schema.ts';
import { TrimtabError } from '../errors.ts';
import { providerTarget } from './provider-target.ts';
import { resolveProvider } from './registry.ts';

const config = configSchema.parse({
  providers: {
    openai: { apiKey: 'sk-openai' },
    anthropic: { apiKey: 'sk-ant' },
    gemini: { apiKey: 'AIza-test' },
    mirror: { format: 'anthropic-messages', baseUrl: 'https://mirror.example/v1/', apiKey: 'k' },
    vllm: {
      format: 'openai-chat',
      baseUrl: 'http://10.0.0.5:8000/v1',
      network: 'private',
      quirks: ['no-stop'],
      headers: { 'X-Team': 'search' },
    },
    bare: { apiKey: 'k' },
  },
  models: [
    {
      id: 'gpt-5-mini',
      provider: 'openai',
      reasoningEffort: true,
      maxOutputTokens: 1000,
      price: { input: 1, output: 2 },
    },
  ],
});

describe('resolveProvider', () => {
  it('knows the address and format of a known provider, which needs only its key', () => {
    const provider = resolveProvider('openai', config);
    expect(provider).toMatchObject({
      format: 'openai-chat',
      baseUrl: 'https://api.openai.com/v1',
      network: 'public',
    });
    expect(provider.authHeaders()).toEqual({ authorization: 'Bearer sk-openai' });
    expect(resolveProvider('anthropic', config).authHeaders()).toEqual({ 'x-api-key': 'sk-ant' });
    const gemini = resolveProvider('gemini', config);
    expect(gemini).toMatchObject({ format: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta' });
    expect(gemini.authHeaders()).toEqual({ 'x-goog-api-key': 'AIza-test' });
  });

  it('takes an Anthropic address with or without /v1', () => {
    expect(resolveProvider('mirror', config).baseUrl).toBe('https://mirror.example');
  });

  it('sends no credential where none is configured, and adds configured headers', () => {
    const provider = resolveProvider('vllm', config);
    expect(provider.authHeaders()).toEqual({ 'x-team': 'search' });
    expect(provider.quirks.at(-1)).toBe('no-stop');
  });

  it.each(['bare', 'absent'])('refuses the provider %s, which has no address', (name) => {
    expect(() => resolveProvider(name, config)).toThrow(TrimtabError);
  });
});

describe('providerTarget', () => {
  it('adds what only the reasoning models of a provider refuse', () => {
    const provider = resolveProvider('openai', config);
    expect(providerTarget(provider, config.models[0]!)).toMatchObject({
      model: 'gpt-5-mini',
      maxOutputTokens: 1000,
      maxTokensField: 'max_completion_tokens',
      supportsReasoningEffort: true,
      acceptsSampling: false,
      acceptsStop: false,
    });
    expect(
      providerTarget(provider, { ...config.models[0]!, id: 'gpt-4.1', reasoningEffort: false }).acceptsSampling,
    ).toBe(true);
  });
});
