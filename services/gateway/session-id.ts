import { createHash, hash } from 'node:crypto';
import type { SessionSource } from '#shared/domain/call.ts';
import { isBillingText } from '#shared/formats/billing-block.ts';
import type { Canonical, CanonicalBody } from '#shared/formats/canonical.ts';

export interface SessionId {
  readonly sessionId: string;
  readonly source: SessionSource;
}

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Ids become keys in tables and labels in logs; a longer or odder one is replaced by its hash. */
const SESSION_ID = /^[\w.:@-]{1,128}$/;
/** The form that `metadata.user_id` had before it was JSON: a session by its UUID, or in clients that imitate it any name. */
const LEGACY_USER_ID = /_session_(?:([0-9a-f-]{36})|[\w-]{1,64})$/;

/**
 * The session that the client itself names: in Claude Code's header, in `metadata.user_id`, or in the header that the
 * configuration names, in this order. Null when it names none.
 */
export function namedSession(
  headers: RequestHeaders,
  body: Pick<CanonicalBody, 'metadata'>,
  sessionHeader: string | null,
): SessionId | null {
  return (
    sessionOf(headers['x-claude-code-session-id'], 'claude-code-header') ??
    sessionOf(metadataSession(body.metadata), 'metadata') ??
    (sessionHeader === null ? null : sessionOf(headers[sessionHeader], 'configured-header'))
  );
}

function sessionOf(value: unknown, source: SessionSource): SessionId | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  const name = value.trim();
  return { sessionId: sessionName(name), source };
}

/** A name that a client or a provider has given, fit to be a session's id. */
export function sessionName(name: string): string {
  return SESSION_ID.test(name) ? name : hashOf('session', name);
}

function metadataSession(metadata: unknown): unknown {
  const userId = (metadata as { user_id?: unknown } | null | undefined)?.user_id;
  if (typeof userId !== 'string') return null;
  // A parse that fails costs more than all else here.
  if (!userId.startsWith('{')) {
    const legacy = LEGACY_USER_ID.exec(userId);
    // A name that is no UUID is the session's only together with its user's.
    return legacy === null ? null : (legacy[1] ?? userId);
  }
  try {
    return (JSON.parse(userId) as { session_id?: unknown } | null)?.session_id;
  } catch {
    return null;
  }
}

/**
 * What a conversation of a client that names no session begins with: key, system prompt and first user text. The
 * client's attribution line is left out, because it changes between calls. Null when the user has said nothing.
 */
export function sessionFingerprint(
  keyId: string | null,
  { body, isOneByte }: Pick<Canonical, 'body' | 'isOneByte'>,
): string | null {
  const firstUser = body.messages.find(({ role }) => role === 'user');
  const spoken = firstUser === undefined ? '' : textOf(firstUser.content);
  if (spoken === '') return null;
  const text = `${textOf(body.system)}\u0000${spoken}`;
  // Names of keys are ASCII: they are the same bytes either way.
  const whole = `${keyId ?? ''}\u0000${text}`;
  return hash('sha256', isOneByte === true ? Buffer.from(whole, 'latin1') : whole, 'base64');
}

/** Whether a request can only be a session's first: nobody has answered yet. */
export function isFirstTurn(body: Pick<CanonicalBody, 'messages'>): boolean {
  return !body.messages.some(({ role }) => role === 'assistant');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = (content as { type?: unknown; text?: unknown }[]).map(({ text }) => text);
  return texts.filter((text) => typeof text === 'string' && !isBillingText(text)).join('\n');
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
