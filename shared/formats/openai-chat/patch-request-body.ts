import type { JsonObject } from '../json-object.ts';

export interface ChatBodyPatch {
  readonly model: string;
  /** Prompt prefix of the policy. */
  readonly prefix?: string | undefined;
}

/**
 * Puts the policy's model and prefix into a Chat Completions body that is otherwise forwarded as it came. Returns the
 * very same object when nothing had to change, so that the original bytes can be forwarded.
 */
export function patchRequestBody(body: JsonObject, patch: ChatBodyPatch): JsonObject {
  const { model, messages } = body;
  const patched = model === patch.model ? body : { ...body, model: patch.model };
  if (patch.prefix === undefined || patch.prefix === '' || !Array.isArray(messages)) return patched;
  return { ...patched, messages: [{ role: 'system', content: patch.prefix }, ...messages] };
}
