import { createToolUseId, encodeToolUseId } from '../tool-id.ts';

/** Anthropic's ids of such calls begin with `srvtoolu_`; the rest says that the gateway ran the call. */
const OWN_PREFIX = 'srvtoolu_trimtab_';

/**
 * The id under which a client sees a call that the gateway runs itself: made of the upstream's own, so that the same
 * answer has the same ids streamed and whole.
 *
 * @param taken ids that the conversation has already; the new one is added
 */
export function ownCallId(upstreamId: string, callId: string, taken: Set<string>): string {
  const stem = encodeToolUseId(upstreamId).replace(/^(toolu|call)_/, '');
  const plain = `${OWN_PREFIX}${stem.replace(/[^A-Za-z0-9_]/g, '_')}`;
  // Upstreams number their calls anew in every answer.
  const id = taken.has(plain) ? `${OWN_PREFIX}${createToolUseId(callId, taken.size).slice('toolu_'.length)}` : plain;
  taken.add(id);
  return id;
}

/** Whether a call, or the result of one, was run by the gateway. */
export function isOwnCallId(id: unknown): boolean {
  return typeof id === 'string' && id.startsWith(OWN_PREFIX);
}
