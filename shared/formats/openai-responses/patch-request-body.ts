import type { JsonObject } from '../json-object.ts';

export interface ResponsesBodyPatch {
  readonly model: string;
  /** Prompt prefix of the policy. */
  readonly prefix?: string | undefined;
}

/**
 * Puts the policy's model and prefix into a Responses body that is otherwise forwarded as it came. Returns the very same
 * object when nothing had to change, so that the original bytes can be forwarded.
 */
export function patchRequestBody(body: JsonObject, patch: ResponsesBodyPatch): JsonObject {
  const { model, instructions } = body;
  const patched = model === patch.model ? body : { ...body, model: patch.model };
  if (patch.prefix === undefined || patch.prefix === '') return patched;
  const rest = typeof instructions === 'string' && instructions !== '' ? `\n\n${instructions}` : '';
  return { ...patched, instructions: `${patch.prefix}${rest}` };
}
