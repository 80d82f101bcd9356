/**
 * Marks signatures of models on Bedrock that are not Anthropic's: Anthropic refuses them, so they may not look like
 * its own when a session moves on.
 */
const TAG = 'bedrock:';
/** Anthropic's signatures are base64, which no tagged one can be mistaken for. */
const BASE64 = /^[A-Za-z0-9+/_=-]+$/;

export function tagSignature(signature: string): string {
  return `${TAG}${signature}`;
}

/** The signature inside a tagged one, or undefined when it was made elsewhere. */
export function untagSignature(text: unknown): string | undefined {
  return typeof text === 'string' && text.startsWith(TAG) ? text.slice(TAG.length) : undefined;
}

/** Whether a signature can be Anthropic's own. */
export function isPlainSignature(text: unknown): text is string {
  return typeof text === 'string' && BASE64.test(text);
}
