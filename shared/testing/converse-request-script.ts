import { expect } from 'vitest';
import { encodeRequest } from '../formats/bedrock-converse/encode-request.ts';
import type { Canonical, CanonicalBody } from '../formats/canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../formats/encode-target.ts';
import { refuseConverseBody } from './strict-converse.ts';

export type Message = { role: string; content: Record<string, unknown>[] };
export type Body = Record<string, unknown> & { messages: Message[] };

export const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const NOVA = 'amazon.nova-pro-v1:0';
export const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
export const question = { role: 'user', content: 'question' };

/** Requests are written as clients write them, which is wider than the SDK's types. */
export function encode(
  request: Record<string, unknown>,
  target: Partial<EncodeTargetInput> = {},
  extras: Canonical['extras'] = {},
) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const before = structuredClone(body);
  const encoded = encodeRequest({ body, extras }, createEncodeTarget({ model: CLAUDE, ...target }));
  expect(body, 'the canonical request is never changed').toEqual(before);
  expect(refuseConverseBody(encoded.body as Body)).toBeNull();
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
export const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
export const pdf = (title?: string) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
  ...(title === undefined ? {} : { title }),
});
export const cached = { cache_control: { type: 'ephemeral' } };
export const cachePoint = { cachePoint: { type: 'default' } };
export const tool = { name: 'read', description: 'Reads.', input_schema: { type: 'object', properties: { path: {} } } };
export const tools = [tool];
/** A history with calls and their results, with the tools that Converse wants beside it. */
export const afterCalls = (ids: readonly string[], results: readonly object[], more: object = {}) => ({
  tools,
  messages: [question, { role: 'assistant', content: ids.map((id) => use(id)) }, { role: 'user', content: results }],
  ...more,
});
