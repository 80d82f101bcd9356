import { describe, expect, it } from 'vitest';
import { fillBaseUrl, missingAddressSettings } from './fill-base-url.ts';
import { providerPath } from './provider-path.ts';
import { azureOpenai, bedrock, vertex } from './provider-registry.ts';

const VERTEX = vertex.baseUrl ?? '';
const AZURE = azureOpenai.baseUrl ?? '';

describe('fillBaseUrl', () => {
  it.each([
    [bedrock.baseUrl ?? '', { region: 'eu-west-1' }, 'https://bedrock-runtime.eu-west-1.amazonaws.com'],
    [
      VERTEX,
      { projectId: 'p', location: 'europe-west4' },
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4',
    ],
    [
      VERTEX,
      { projectId: 'p', location: 'global' },
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global',
    ],
    [VERTEX, { projectId: 'p', location: 'eu' }, 'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu'],
    [AZURE, { resource: 'r' }, 'https://r.openai.azure.com/openai/v1'],
    [AZURE, { resource: 'r', apiVersion: 'preview' }, 'https://r.openai.azure.com/openai/v1'],
    [AZURE, { resource: 'r', apiVersion: '2024-10-21' }, 'https://r.openai.azure.com/openai'],
    ['https://api.openai.com/v1', {}, 'https://api.openai.com/v1'],
  ])('makes the address of %s with %j', (template, settings, address) => {
    expect(fillBaseUrl(template, settings)).toBe(address);
  });

  it('makes none when a setting is missing, and names it', () => {
    expect(fillBaseUrl(VERTEX, { location: 'global' })).toBeUndefined();
    expect(missingAddressSettings(VERTEX, {})).toEqual(['location', 'projectId']);
    expect(missingAddressSettings(VERTEX, { location: '', projectId: 'p' })).toEqual(['location']);
  });
});

describe('providerPath', () => {
  const plain = { apiVersion: undefined, baseUrl: 'https://x.example', hosting: undefined };
  const chat = { ...plain, format: 'openai-chat' } as const;
  it.each([
    ['leaves a path alone', chat, 'm', '/chat/completions', '/chat/completions'],
    [
      'adds the version of the v1 addresses',
      { ...chat, apiVersion: 'preview' },
      'm',
      '/chat/completions',
      '/chat/completions?api-version=preview',
    ],
    [
      'puts the deployment into a classic address',
      { ...chat, apiVersion: '2025-04-01-preview' },
      'my dep/1',
      '/chat/completions',
      '/deployments/my%20dep%2F1/chat/completions?api-version=2025-04-01-preview',
    ],
    [
      'leaves it out of the Responses API',
      { ...chat, format: 'openai-responses', apiVersion: '2025-03-01-preview' } as const,
      'm',
      '/responses',
      '/responses?api-version=2025-03-01-preview',
    ],
    [
      'finds models of Anthropic at Vertex',
      { ...plain, format: 'anthropic-messages', hosting: 'vertex' } as const,
      'm',
      '/models/m:rawPredict',
      '/publishers/anthropic/models/m:rawPredict',
    ],
    [
      'takes an address that has the publisher already',
      { ...plain, format: 'anthropic-messages', hosting: 'vertex', baseUrl: 'https://x/publishers/anthropic' } as const,
      'm',
      '/models/m:rawPredict',
      '/models/m:rawPredict',
    ],
  ])('%s', (_name, provider, model, path, expected) => {
    expect(providerPath(provider, model, path)).toBe(expected);
  });
});
