import * as z from 'zod';
import { parseJsonText } from '#shared/llm/parse-json-text.ts';
import type { TeacherReplyKind } from './teacher-operators.ts';

const TEXTS = { type: 'array', items: { type: 'string' } } as const;
const EXAMPLE = {
  type: 'object',
  properties: { input: { type: 'string' }, answer: { type: 'string' }, reasoning: { type: 'string' } },
  required: ['input', 'answer', 'reasoning'],
  additionalProperties: false,
} as const;

/** In the subset that strict structured outputs take. */
export const TEACHER_JSON_SCHEMAS: Readonly<Record<TeacherReplyKind, Readonly<Record<string, unknown>>>> = {
  prompts: schemaOf('prompts', TEXTS),
  critiques: schemaOf('critiques', TEXTS),
  examples: schemaOf('examples', { type: 'array', items: EXAMPLE }),
  persona: schemaOf('persona', { type: 'string' }),
  keywords: schemaOf('keywords', { type: 'string' }),
};

const exampleSchema = z.object({ input: z.string(), answer: z.string(), reasoning: z.string().default('') });

export interface TeacherReply {
  /** Prompts, critiques or the persona: trimmed, without empty ones and doubles, in the order given. */
  readonly texts: readonly string[];
  readonly examples: readonly z.infer<typeof exampleSchema>[];
}

/**
 * What a teacher's reply holds, whatever it is wrapped in: a fence, prose around the object, a bare list, one text where
 * a list was asked for, objects where texts were, trailing commas, an end that is missing. Null when nothing of the kind
 * is in it; prose alone is never taken for a prompt.
 */
export function parseTeacherReply(kind: TeacherReplyKind, text: string): TeacherReply | null {
  const value = parseJsonText(text) ?? parseList(text) ?? parseJsonText(repairJson(text));
  if (kind === 'examples') {
    const examples = listOf(value, kind).flatMap((each) => exampleSchema.safeParse(each).data ?? []);
    return examples.length === 0 ? null : { texts: [], examples };
  }
  const texts = listOf(value, kind).flatMap((each) => textOf(each) ?? []);
  const found = texts.length === 0 && kind === 'prompts' ? fencedText(text) : texts;
  const distinct = [...new Set(found.map((each) => each.trim()).filter((each) => each !== ''))];
  return distinct.length === 0 ? null : { texts: distinct, examples: [] };
}

function schemaOf(name: string, schema: object): Readonly<Record<string, unknown>> {
  return { type: 'object', properties: { [name]: schema }, required: [name], additionalProperties: false };
}

/** The list under the kind's own name, else the only list or text of the object: models rename keys. */
function listOf(value: unknown, kind: TeacherReplyKind): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [];
  const singular = kind.replace(/s$/, '');
  const members: Record<string, unknown> = { ...value };
  const named = members[kind] ?? members[singular] ?? Object.values(members).find(Array.isArray);
  if (Array.isArray(named)) return named;
  if (named !== undefined) return [named];
  const only = Object.values(members);
  return only.length === 1 ? only : [];
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return null;
  const members: Record<string, unknown> = { ...value };
  for (const name of ['prompt', 'text', 'instruction', 'critique', 'reason', 'content']) {
    const member = members[name];
    if (typeof member === 'string') return member;
  }
  return null;
}

function parseList(text: string): unknown {
  const bare = text.slice(text.indexOf('['), text.lastIndexOf(']') + 1);
  if (!/^\s*(?:```(?:json)?\s*)?\[/.test(text)) return undefined;
  try {
    return JSON.parse(bare);
  } catch {
    return undefined;
  }
}

/** Without trailing commas, and with an open string, list or object closed: what a cut-off reply lacks. */
function repairJson(text: string): string {
  const from = text.indexOf('{');
  if (from === -1) return text;
  const body = text.slice(from).replace(/```\s*$/, '');
  const closers: string[] = [];
  let inString = false;
  let repaired = '';
  for (let at = 0; at < body.length; at += 1) {
    const letter = body.charAt(at);
    if (inString) {
      if (letter === '\\') {
        repaired += letter + (body.charAt(at + 1) || '\\');
        at += 1;
        continue;
      }
      if (letter === '"') inString = false;
      // Models write line breaks into strings as they are; JSON wants them escaped.
      repaired += letter === '\n' ? '\\n' : letter === '\t' ? '\\t' : letter === '\r' ? '' : letter;
      continue;
    }
    if (letter === '"') inString = true;
    if (letter === '{') closers.push('}');
    if (letter === '[') closers.push(']');
    if (letter === '}' || letter === ']') {
      repaired = repaired.replace(/,\s*$/, '');
      closers.pop();
    }
    repaired += letter;
    if (closers.length === 0) return repaired;
  }
  const closed = inString ? `${repaired}"` : repaired.replace(/[,:]\s*$/, '');
  return closed + closers.reverse().join('');
}

/** The text of the outermost fence, which is how a prompt is given where no JSON was. */
function fencedText(text: string): string[] {
  const opening = /```[a-z]*[ \t]*\n/i.exec(text);
  const end = text.lastIndexOf('```');
  if (opening === null || end <= opening.index + 3) return [];
  return [text.slice(opening.index + opening[0].length, end)];
}
