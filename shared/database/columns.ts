import type { ColumnType } from 'kysely';

/** A jsonb column: read as a parsed value of unknown shape (parse it with zod), written as JSON text by `jsonText`. */
export type Json = ColumnType<unknown, JsonText, JsonText>;

/** A timestamptz column: read as a Date, written as a Date. */
export type Moment = ColumnType<Date, Date, Date>;

/** The same for columns that have a default: they may be left out of an insert. */
export type GeneratedJson = ColumnType<unknown, JsonText | undefined, JsonText>;
export type GeneratedMoment = ColumnType<Date, Date | undefined, Date>;

declare const jsonTextBrand: unique symbol;
/** JSON text that PostgreSQL's jsonb accepts. Only `jsonText` makes it. */
export type JsonText = string & { readonly [jsonTextBrand]: true };

const REPLACEMENT = '\uFFFD';

/**
 * PostgreSQL refuses NUL in text and lone surrogates in jsonb, and model traffic contains both. They become U+FFFD;
 * the exact bytes of content live in bytea blocks, so nothing is lost by it.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', REPLACEMENT);
}

/** What JSON escapes of the characters that PostgreSQL refuses; every lone surrogate is written as an escape. */
const ESCAPED = /\\u(?:0000|d[89a-f])/i;

export function jsonText(value: unknown): JsonText {
  const text = JSON.stringify(value) ?? 'null';
  if (!ESCAPED.test(text)) return text as JsonText;
  return JSON.stringify(value, (_key, member: unknown) => storableMember(member)) as JsonText;
}

/** Names of members are text of others, too. */
function storableMember(member: unknown): unknown {
  if (typeof member === 'string') return storableText(member);
  if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
  return Object.fromEntries(Object.entries(member).map(([name, value]) => [storableText(name), value]));
}
