import { describe, expect, it } from 'vitest';
import { callerFormat } from './caller-format.ts';

const BEARER = { authorization: 'Bearer x' };

describe('callerFormat', () => {
  it.each<[string, Record<string, string>, string]>([
    ['/v1/messages', BEARER, 'anthropic-messages'],
    ['/v1/messages/batches', BEARER, 'anthropic-messages'],
    ['/v1/chat/completions', { 'x-api-key': 'x' }, 'openai-chat'],
    ['/v1/embeddings', {}, 'openai-chat'],
    ['/v1/responses/resp_1', {}, 'openai-chat'],
    ['/v1/models', BEARER, 'openai-chat'],
    ['/v1/models', { ...BEARER, 'anthropic-version': '2026-10-21' }, 'anthropic-messages'],
    ['/v1/models', { 'x-api-key': 'x' }, 'anthropic-messages'],
    ['/v1/models', { ...BEARER, 'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)' }, 'anthropic-messages'],
    ['/v1/models', {}, 'anthropic-messages'],
    ['/v1/nothing', BEARER, 'openai-chat'],
    ['/v1/files', {}, 'anthropic-messages'],
    ['/v1/files', BEARER, 'openai-chat'],
    ['/v1/messagesandmore', BEARER, 'openai-chat'],
    ['/', {}, 'anthropic-messages'],
  ])('answers %s with %j in the shape of %s', (path, headers, expected) => {
    expect(callerFormat(path, headers).name).toBe(expected);
  });
});
