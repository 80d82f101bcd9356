import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/config-schema.ts';
import { providerFormat } from './provider-format.ts';
import { providerTarget } from './provider-target.ts';
import { resolveProvider } from './registry.ts';

const config = configSchema.parse({
  providers: {
    openai: { apiKey: 'k' },
    'azure-openai': { resource: 'r', apiKey: 'k', deployments: { 'gpt-5-mini': 'our-small-one' } },
    groq: { apiKey: 'k' },
    openrouter: { apiKey: 'k' },
    inHouse: { like: 'vllm', baseUrl: 'http://10.0.0.5:8000/v1', quirks: ['implied-think-tag', 'no-images'] },
  },
});
const provider = (name: string) => resolveProvider(name, config);

describe('what is known of a model', () => {
  it('tells a reasoning model, its limits and what it refuses', () => {
    expect(providerTarget(provider('openai'), { id: 'gpt-5-mini-2025-08-07' })).toMatchObject({
      supportsReasoningEffort: true,
      acceptsSampling: false,
      maxOutputTokens: 128_000,
    });
    expect(providerTarget(provider('openai'), { id: 'gpt-4.1' })).toMatchObject({
      supportsReasoningEffort: false,
      acceptsSampling: true,
      maxOutputTokens: 32_768,
    });
  });

  it('is overruled by the later of two facts, and by the configuration', () => {
    expect(providerTarget(provider('openai'), { id: 'gpt-5-chat-latest' }).acceptsSampling).toBe(true);
    const said = { id: 'gpt-5-mini', reasoningEffort: false, maxOutputTokens: 100 };
    expect(providerTarget(provider('openai'), said)).toMatchObject({
      supportsReasoningEffort: false,
      acceptsSampling: true,
      maxOutputTokens: 100,
    });
  });

  it('holds for a deployment of it, too', () => {
    expect(providerTarget(provider('azure-openai'), { id: 'gpt-5-mini' })).toMatchObject({
      model: 'our-small-one',
      supportsReasoningEffort: true,
      acceptsSampling: false,
    });
  });

  it('gives quirks to the models of a pattern only', () => {
    expect(providerTarget(provider('groq'), { id: 'qwen/qwen3-32b' })).toMatchObject({ reasoningFormat: 'parsed' });
    expect(providerTarget(provider('groq'), { id: 'openai/gpt-oss-20b' }).reasoningFormat).toBeUndefined();
    expect(providerTarget(provider('openrouter'), { id: 'anthropic/claude-sonnet-4.5' }).acceptsCacheControl).toBe(
      true,
    );
    expect(providerTarget(provider('openrouter'), { id: 'openai/gpt-4.1' }).acceptsCacheControl).toBe(false);
  });
});

describe('the codec of a provider', () => {
  it('looks for the tags of reasoning that the last of its quirks names', () => {
    const inHouse = provider('inHouse');
    expect(providerTarget(inHouse, { id: 'qwen3' })).toMatchObject({ thinkTags: 'implied', acceptsImages: false });
    const body = { choices: [{ message: { content: 'why</think>so' }, finish_reason: 'stop' }] };
    const context = {
      callId: 'call',
      nowSeconds: 0,
      targetModel: 'qwen3',
      request: { model: 'claude', messages: [{ role: 'user' as const, content: 'question' }] },
    };
    const decoded = providerFormat(inHouse).decodeResponse(body, context);
    expect(decoded).toMatchObject({
      type: 'decoded',
      message: {
        content: [
          { type: 'thinking', thinking: 'why' },
          { type: 'text', text: 'so' },
        ],
      },
    });
    expect(providerFormat(provider('openai')).decodeResponse(body, context)).toMatchObject({
      message: { content: [{ type: 'text', text: 'why</think>so' }] },
    });
  });
});
