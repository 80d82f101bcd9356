import { isJsonObject } from '../json-object.ts';

/**
 * Reasoning that only OpenAI can read travels through the client in the signature of a thinking block: clients give
 * those back unchanged, so that any replica can serve the next turn. The tag keeps it away from other vendors' models,
 * and the model's name from models that could not decrypt it.
 */
const TAG = 'openai-reasoning:';

export interface ReasoningSignature {
  readonly model: string;
  readonly id: string;
  readonly encryptedContent: string;
}

export function encodeReasoningSignature({ model, id, encryptedContent }: ReasoningSignature): string {
  return TAG + Buffer.from(JSON.stringify([model, id, encryptedContent])).toString('base64url');
}

/** What a signature of ours holds; null when another vendor made it, or nobody. */
export function decodeReasoningSignature(signature: unknown): ReasoningSignature | null {
  if (typeof signature !== 'string' || !signature.startsWith(TAG)) return null;
  try {
    const held: unknown = JSON.parse(Buffer.from(signature.slice(TAG.length), 'base64url').toString('utf8'));
    if (!Array.isArray(held)) return null;
    const [model, id, encryptedContent] = held as unknown[];
    if (typeof model !== 'string' || typeof id !== 'string' || typeof encryptedContent !== 'string') return null;
    return { model, id, encryptedContent };
  } catch {
    return null;
  }
}

/** The signature for a reasoning item; empty when the item holds nothing that has to be given back. */
export function signatureOfItem(item: unknown, model: string): string {
  if (!isJsonObject(item)) return '';
  const { id, encrypted_content: encryptedContent } = item;
  if (typeof encryptedContent !== 'string' || encryptedContent === '') return '';
  return encodeReasoningSignature({ model, id: typeof id === 'string' ? id : '', encryptedContent });
}
