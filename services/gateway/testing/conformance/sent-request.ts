import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';

/** One thing that an upstream was told, in the order in which it was. */
export interface SentItem {
  readonly role: string;
  readonly kind: 'text' | 'image' | 'document' | 'call' | 'result' | 'thinking' | 'cache' | 'other';
  readonly text: string;
  /** Of a call, or of the call that a result answers; null where the format pairs by order. */
  readonly id: string | null;
  readonly name: string | null;
  readonly input: unknown;
  readonly isError: boolean;
  /** Images and documents inside of a result. */
  readonly media: number;
  readonly signature: string | null;
}

export interface SentTool {
  readonly name: string;
  readonly schema: unknown;
}

/** What an upstream received, read without regard to its wire format. */
export interface SentRequest {
  readonly system: string;
  readonly items: readonly SentItem[];
  readonly tools: readonly SentTool[];
  readonly maxTokens: unknown;
  readonly stops: unknown;
}

const EMPTY: Omit<SentItem, 'role' | 'kind'> = {
  text: '',
  id: null,
  name: null,
  input: null,
  isError: false,
  media: 0,
  signature: null,
};

export const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
export const fields = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
export const said = (value: unknown): string => (typeof value === 'string' ? value : '');
export const idOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export function item(role: string, kind: SentItem['kind'], more: Partial<SentItem> = {}): SentItem {
  return { ...EMPTY, role, kind, ...more };
}

/** Content that is a text, or a list of parts, as its items. */
export function contents(content: unknown, read: (part: JsonObject) => SentItem, role: string): readonly SentItem[] {
  if (typeof content === 'string') return content === '' ? [] : [item(role, 'text', { text: content })];
  return list(content).map(read);
}

export function resultOf(role: string, parts: readonly SentItem[], more: Partial<SentItem>): SentItem {
  const texts = parts.filter(({ kind }) => kind === 'text').map(({ text }) => text);
  const media = parts.filter(({ kind }) => kind === 'image' || kind === 'document').length;
  return item(role, 'result', { text: texts.join('\n'), media, ...more });
}
