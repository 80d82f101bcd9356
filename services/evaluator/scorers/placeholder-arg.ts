import { isRecord, type JsonRecord } from './json.ts';
import { pointerStep } from './schema/violation.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** A placeholder is short; a longer text is content, in which such words have a right to stand. */
const PLACEHOLDER_CHARACTERS_MAX = 200;
const DEPTH_MAX = 6;

/** Whole values that stand for one that was still to be found. */
const PLACEHOLDERS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['to-do word', /^(?:todo|tbd|fixme|placeholder|changeme|replace[ _-]?me|fill[ _-]?(?:me[ _-]?)?in)$/i],
  ['dots', /^(?:\.{3,}|…)$/],
  [
    'name in brackets',
    /^(?:<[a-z][a-z0-9 _-]{1,60}>|\{\{[a-z][a-z0-9 _.-]{1,60}\}\}|\[(?:your|insert|enter)[ _-][a-z0-9 _-]{1,60}\])$/i,
  ],
  [
    'your own value',
    /^(?:your|my|insert|enter)[ _-](?:(?:own|actual|real|secret|personal)[ _-])?(?:api[ _-]?key|key|token|access[ _-]?token|password|secret|username|user[ _-]?id|email(?:[ _-]address)?|domain|project[ _-]?id|path|id|name)(?:[ _-]here)?$/i,
  ],
  ['path to nowhere', /^\/?path[/\\]to[/\\](?:your|the|my|a|some)?[ _-]?[\w.-]*(?:[/\\][\w.-]+)*$/i],
  [
    'example address',
    /^(?:https?:\/\/)?(?:[\w-]+\.)?example\.(?:com|org|net)(?:[/?#]\S*)?$|^[\w.+-]+@example\.(?:com|org|net)$/i,
  ],
  ['masked value', /^(?:x{4,}|\*{4,})$/i],
];
/** Required properties whose empty text asks for nothing: an empty replacement or content is meant. */
const NAMING_PROPERTY =
  /(?:^|_)(?:path|file|filename|url|uri|id|query|command|name|email|key)$|(?:Path|Url|Id|Name|Query)$/;

interface Placeholder {
  readonly pointer: string;
  readonly value: string;
  readonly kind: string;
}

function placeholderKind(value: string): string | null {
  const text = value.trim();
  if (text === '' || text.length > PLACEHOLDER_CHARACTERS_MAX) return null;
  return PLACEHOLDERS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

function* findPlaceholders(value: unknown, schema: unknown, pointer: string, depth: number): Generator<Placeholder> {
  if (typeof value === 'string') {
    const kind = placeholderKind(value);
    if (kind !== null) yield { pointer, value, kind };
    return;
  }
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return;
  const properties = isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {};
  for (const [name, member] of Object.entries(value)) {
    const inner = Array.isArray(value) ? (isRecord(schema) ? schema['items'] : undefined) : properties[name];
    yield* findPlaceholders(member, inner, pointer + pointerStep(name), depth + 1);
  }
}

function* findEmptyRequired(input: JsonRecord, schema: JsonRecord | null, pointer: string): Generator<Placeholder> {
  const required = Array.isArray(schema?.['required']) ? (schema['required'] as unknown[]) : [];
  const properties = isRecord(schema?.['properties']) ? schema['properties'] : {};
  for (const name of required) {
    if (typeof name !== 'string' || !NAMING_PROPERTY.test(name)) continue;
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    if (typeof value !== 'string' || value.trim() !== '' || allowsEmpty(properties[name])) continue;
    yield { pointer: pointer + pointerStep(name), value, kind: 'empty text' };
  }
}

/** A schema that names the empty text as a value or default wants it. */
function allowsEmpty(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  return schema['default'] === '' || (Array.isArray(schema['enum']) && schema['enum'].includes(''));
}

/** What the user, the system or a tool has said, or the schema itself, is no placeholder of the model's. */
function isGiven(subject: ScoringSubject, value: string): boolean {
  if (value.trim() === '') return false;
  const { request } = subject;
  const asJson = JSON.stringify(value.trim()).slice(1, -1);
  return [request?.['messages'], request?.['system'], request?.['tools']].some(
    (part) => part !== undefined && JSON.stringify(part).includes(asJson),
  );
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = (subject.delivered?.toolCalls ?? []).filter(({ input }) => input !== null);
  if (calls.length === 0) return NOT_APPLICABLE;
  for (const { pointer, name, input } of calls) {
    if (input === null) continue;
    const schema = subject.catalogue?.get(name)?.inputSchema ?? null;
    const at = `${pointer}/input`;
    const found = [...findPlaceholders(input, schema, at, 0), ...findEmptyRequired(input, schema, at)];
    const placeholder = found.find(({ value }) => !isGiven(subject, value));
    if (placeholder === undefined) continue;
    return {
      outcome: 'fail',
      owner: 'provider',
      severity: 'error',
      evidence: [{ pointer: placeholder.pointer, quote: placeholder.value }],
      expectedVsActual: `a value -> ${placeholder.kind}`,
      detail: `an argument is a placeholder and no value: ${placeholder.kind}`,
    };
  }
  return PASSED;
}

export const placeholderArg: Scorer = {
  id: 'placeholder_arg',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition:
    'No argument is a placeholder such as TODO, <path> or your_api_key that nobody else has used before, and no required name, path, id or query is empty.',
  score,
};
