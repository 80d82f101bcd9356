import { hash } from 'node:crypto';

const BASE32_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const GENERATED_CHARACTERS = 24;
/** Each character holds five bits. */
const GENERATED_BYTES = (GENERATED_CHARACTERS * 5) / 8;
/** Chat Completions servers refuse longer tool-call ids. */
const ENCODED_ID_CHARACTERS_MAX = 40;
/** What the Messages API takes as a tool-use id. */
const CANONICAL_ID = /^[A-Za-z0-9_-]{1,64}$/;

function hashToBase32(text: string): string {
  // One character per byte: a buffer costs four times as much.
  const digest = hash('sha256', text, 'binary');
  let encoded = '';
  let bits = 0;
  let value = 0;
  for (let index = 0; index < GENERATED_BYTES; index += 1) {
    value = ((value << 8) | digest.charCodeAt(index)) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      encoded += BASE32_ALPHABET.charAt((value >> bits) & 31);
    }
  }
  return encoded;
}

/** A message id that any replica derives alike from the call. */
export function createMessageId(callId: string): string {
  return `msg_${hashToBase32(callId)}`;
}

/** The id of the `index`th tool call of a call, for upstreams that send none that can be used. */
export function createToolUseId(callId: string, index: number): string {
  return `toolu_${hashToBase32(`${callId}:${index}`)}`;
}

/** Whether an upstream's id can be shown to a client as it is. */
export function isUsableToolUseId(id: string): boolean {
  return CANONICAL_ID.test(id);
}

/**
 * The id to send upstream: long or odd ones become a hash of themselves. Calls and results of one history pass through
 * here alike, so they still pair; nothing has to be remembered.
 */
export function encodeToolUseId(id: string): string {
  return isUsableToolUseId(id) && id.length <= ENCODED_ID_CHARACTERS_MAX ? id : `call_${hashToBase32(id)}`;
}
