import { describe, expect, it } from 'vitest';
import { upstreamUrl } from './upstream-url.ts';

describe('upstreamUrl', () => {
  it.each([
    ['https://api.openai.com/v1', '/chat/completions', 'https://api.openai.com/v1/chat/completions'],
    ['https://api.anthropic.com', '/v1/messages', 'https://api.anthropic.com/v1/messages'],
    ['https://proxy.example/anthropic/v1/', '/v1/messages', 'https://proxy.example/anthropic/v1/messages'],
    [
      'https://x.example/openai?api-version=2026-01-01',
      '/chat/completions',
      'https://x.example/openai/chat/completions?api-version=2026-01-01',
    ],
    [
      'https://generativelanguage.googleapis.com/v1beta',
      '/models/gemini-3:streamGenerateContent?alt=sse',
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-3:streamGenerateContent?alt=sse',
    ],
    ['http://127.0.0.1:1/a?k=1', '/b?alt=sse', 'http://127.0.0.1:1/a/b?k=1&alt=sse'],
  ])('joins %s and %s', (baseUrl, path, expected) => {
    expect(upstreamUrl(baseUrl, path).href).toBe(expected);
  });
});
