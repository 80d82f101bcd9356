import { createHash } from 'node:crypto';
import type { EncodeTarget } from '../encode-target.ts';
import { encodeToolUseId } from '../tool-id.ts';

const NINE_CHARACTERS = /^[A-Za-z0-9]{9}$/;

/** Ids of the form keep; others become a hash of themselves, so that calls and results still pair. */
function nineCharacterId(id: string): string {
  return NINE_CHARACTERS.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 9);
}

/** How the target wants the ids of calls. */
export function callIdEncoder(target: EncodeTarget): (id: string) => string {
  return target.toolCallIds === 'nine-characters' ? nineCharacterId : encodeToolUseId;
}
