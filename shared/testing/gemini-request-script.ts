import { expect } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../formats/encode-target.ts';
import { encodeRequest } from '../formats/gemini/encode-request.ts';
import { tagSignature } from '../formats/gemini/thought-signature.ts';
import { refuseGeminiBody } from './strict-gemini.ts';

export type Part = Record<string, unknown>;
export interface Body extends Record<string, unknown> {
  contents: { role: string; parts: Part[] }[];
  tools?: { functionDeclarations: Record<string, unknown>[] }[];
  generationConfig?: Record<string, unknown>;
}

export const question = { role: 'user' as const, content: 'question' };
export const asked = { role: 'user', parts: [{ text: 'question' }] };
export const old: Partial<EncodeTargetInput> = { model: 'gemini-2.5-flash' };

/** Requests are written as clients write them, which is wider than the SDK's types. */
export function encode(request: Record<string, unknown>, target: Partial<EncodeTargetInput> = {}) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const before = structuredClone(body);
  const encodeTarget = createEncodeTarget({ model: 'gemini-3-pro', ...target });
  const encoded = encodeRequest({ body, extras: {} }, encodeTarget);
  expect(body, 'the canonical request is never changed').toEqual(before);
  expect(refuseGeminiBody(encoded.body, encodeTarget.model === old.model ? 2 : 3)).toBeNull();
  return { body: encoded.body as Body, losses: encoded.losses.map((loss) => `${loss.kind} ${loss.pointer}`), encoded };
}

export const use = (id: string, name = 'read', input: unknown = { path: 'a' }) => ({
  type: 'tool_use',
  id,
  name,
  input,
});
export const result = (id: string, content: unknown = 'done', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});
export const signed = (signature: string, of: 'call' | 'thought' = 'call', thinking = '') => ({
  type: 'thinking',
  thinking,
  signature: tagSignature({ of, signature }),
});
export const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
export const pngPart = { inlineData: { mimeType: 'image/png', data: 'aGk=' } };
export const tool = {
  name: 'read',
  description: 'Reads.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
};
