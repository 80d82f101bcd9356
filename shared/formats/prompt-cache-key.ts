import { hash } from 'node:crypto';
import type { Canonical, CanonicalBody } from './canonical.ts';
import type { EncodeTarget } from './encode-target.ts';

const KEY_CHARACTERS = 32;
/** Of a conversation that names no session: how much of its beginning tells it from others. */
const SAMPLE_CHARACTERS = 1_024;

function isMarked(value: object): boolean {
  return 'cache_control' in value && value.cache_control !== null && value.cache_control !== undefined;
}

/** Whether the client marks anything to be cached. Clients mark the system prompt first, and the last message. */
function asksForCache({ system, messages, tools = [] }: CanonicalBody): boolean {
  if (Array.isArray(system) && system.some(isMarked)) return true;
  const isMarkedMessage = ({ content }: CanonicalBody['messages'][number]) =>
    typeof content !== 'string' && content.some(isMarked);
  return messages.findLast(isMarkedMessage) !== undefined || tools.some(isMarked);
}

function textStart(content: CanonicalBody['system'] | CanonicalBody['messages'][number]['content']): string {
  if (typeof content === 'string') return content.slice(0, SAMPLE_CHARACTERS);
  const last = content?.at(-1);
  return last !== undefined && 'text' in last ? last.text.slice(0, SAMPLE_CHARACTERS) : '';
}

/** What stays the same over a conversation and differs between two: the client's session, or how it begins. */
function identityOf({ metadata, system, messages }: CanonicalBody): string {
  const user = metadata?.user_id;
  return typeof user === 'string' && user !== ''
    ? user
    : `${textStart(system)}\n${textStart(messages[0]?.content ?? '')}`;
}

/**
 * `prompt_cache_key` for a client that marks what is to be cached: OpenAI finds prefixes by itself, and the key sends
 * calls of one conversation to where its prefix is. Null where it is not taken, not wanted or already given.
 */
export function promptCacheKey({ body, extras }: Canonical, target: EncodeTarget): string | null {
  if (!target.acceptsOpenaiExtras || extras.openai?.['prompt_cache_key'] !== undefined || !asksForCache(body))
    return null;
  return hash('sha256', identityOf(body)).slice(0, KEY_CHARACTERS);
}
