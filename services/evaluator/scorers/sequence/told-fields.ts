import type { Conversation, ConversationResult } from '../conversation/conversation.ts';
import { isRecord, parseJson } from '../json.ts';

/** A field that exactly one value was told for in the whole conversation. */
export interface ToldField {
  /** The words of its name, in lower case. */
  readonly words: readonly string[];
  readonly value: string | number;
  readonly result: ConversationResult;
}

const DEPTH_MAX = 6;
const FIELDS_MAX = 2_000;
const RESULT_CHARACTERS_MAX = 100_000;

/** Fields of results in JSON whose name stands for one value only, by name. */
export function toldFields(conversation: Conversation): readonly ToldField[] {
  const told = new Map<string, ToldField | null>();
  for (const result of conversation.results) {
    if (result.kind !== 'ok' || result.text.length > RESULT_CHARACTERS_MAX || !/^\s*[[{]/.test(result.text)) continue;
    collect(parseJson(result.text), '', result, told, 0);
  }
  return [...told.values()].filter((field) => field !== null);
}

function collect(
  value: unknown,
  name: string,
  result: ConversationResult,
  told: Map<string, ToldField | null>,
  depth: number,
): void {
  if (depth > DEPTH_MAX || told.size > FIELDS_MAX) return;
  if (Array.isArray(value)) for (const item of value) collect(item, name, result, told, depth + 1);
  else if (isRecord(value)) {
    for (const [member, item] of Object.entries(value)) collect(item, member, result, told, depth + 1);
  } else if ((typeof value === 'number' || typeof value === 'string') && name !== '') {
    const known = told.get(name);
    if (known === undefined) told.set(name, { words: wordsOf(name), value, result });
    else if (known !== null && known.value !== value) told.set(name, null);
  }
}

function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
