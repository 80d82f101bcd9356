import assert from 'node:assert/strict';
import type { JsonObject } from '#shared/formats/json-object.ts';
import type { ConformanceCase, Observed, Setting, Step } from './conformance-case.ts';
import type { Script, ScriptChoice } from './script.ts';
import type { SentItem } from './sent-request.ts';

/** A tool that every line may call. */
export const READ_FILE = tool('read_file', {
  type: 'object',
  properties: { path: { type: 'string' }, limit: { type: 'integer' } },
  required: ['path'],
});
/** A small picture, as base64. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const PDF = 'JVBERi0xLjQKJcfsj6IKMSAwIG9iago8PD4+CmVuZG9iagp0cmFpbGVyCjw8Pj4KJSVFT0YK';
export const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };

export function tool(name: string, schema: object = { type: 'object', properties: {} }, more: object = {}): JsonObject {
  return { name, description: `Runs ${name}`, input_schema: schema, ...more };
}

/** A Messages request with one question, or a conversation. */
export function ask(said: string | readonly object[], more: object = {}): { readonly body: JsonObject } {
  const messages = typeof said === 'string' ? [{ role: 'user', content: said }] : said;
  return { body: { max_tokens: 1_000, messages, ...more } };
}

export const user = (...content: readonly (object | string)[]) => ({ role: 'user', content: blocks(content) });
export const assistant = (...content: readonly (object | string)[]) => ({
  role: 'assistant',
  content: blocks(content),
});
export const uses = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, input });
export const result = (id: string, content: unknown, more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});

function blocks(content: readonly (object | string)[]): readonly object[] {
  return content.map((block) => (typeof block === 'string' ? { type: 'text', text: block } : block));
}

/** The answer of a step before as the client gives it back. */
export function turnOf({ message }: Observed): object {
  assert.ok(message !== null, 'there is no message to give back');
  const content = message.content.map((block) => ({ ...block }));
  return { role: 'assistant', content };
}

/** A line of one request. */
export function single(
  line: string,
  title: string,
  threads: readonly string[],
  step: Step,
  more: Omit<ConformanceCase, 'line' | 'title' | 'threads' | 'steps'> = {},
): ConformanceCase {
  return { line, title, threads, steps: [step], ...more };
}

export function step(request: Step['request'], script: Script | ScriptChoice, check?: Step['check']): Step {
  return check === undefined ? { request, script } : { request, script, check };
}

/** Texts of the answer's blocks of a kind. */
export function textOf({ message }: Observed): string {
  return (message?.content ?? []).flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('|');
}

export function thinkingOf({ message }: Observed): string {
  return (message?.content ?? []).flatMap((block) => (block.type === 'thinking' ? [block.thinking] : [])).join('|');
}

export function kindsOf({ message }: Observed): readonly string[] {
  return (message?.content ?? []).map(({ type }) => type);
}

export function callsOf({ message }: Observed): readonly { id: string; name: string; input: unknown }[] {
  return (message?.content ?? []).flatMap((block) => (block.type === 'tool_use' ? [block] : []));
}

/** Pieces of the arguments of every call, as the stream brought them. */
export function argumentPieces({ events }: Observed): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'content_block_delta' && event.delta.type === 'input_json_delta' ? [event.delta.partial_json] : [],
  );
}

export function itemsOf({ sent }: Observed, kind: SentItem['kind']): readonly SentItem[] {
  return sent.items.filter((item) => item.kind === kind);
}

/** Fails unless something was written into the loss ledger at a place that fits. */
export function assertLoss(observed: Observed, pointer: RegExp): void {
  const pointers = (observed.record?.call.losses ?? []).map((loss) => `${loss.kind} ${loss.pointer} ${loss.detail}`);
  assert.ok(
    pointers.some((known) => pointer.test(known)),
    `no loss like ${pointer}; there are ${pointers.join('; ')}`,
  );
}

/** Fails unless the texts stand in what was sent, in this order. */
export function assertOrder({ sentText }: Observed, ...marks: readonly string[]): void {
  const places = marks.map((mark) => sentText.indexOf(mark));
  assert.ok(
    places.every((place) => place >= 0),
    `${marks[places.indexOf(-1)]} was not sent`,
  );
  assert.deepEqual(
    places.toSorted((one, other) => one - other),
    [...places],
    `${marks.join(', ')} in another order`,
  );
}

export function isForwarded({ column }: Setting): boolean {
  return column.isAnthropic;
}
