import { placePrefix } from '../../routing/place-prefix.ts';
import type { CanonicalBody } from '../canonical.ts';
import type { Loss } from '../loss.ts';
import { ownResultsAsText } from '../server-tools/own-results-as-text.ts';
import { fitBlocks } from './fit-blocks.ts';

export interface BodyPatch {
  readonly model: string;
  /** Prompt prefix of the policy. */
  readonly prefix?: string | undefined;
}

export interface PatchedBody {
  /** The very same object when nothing had to change, so that the original bytes can be forwarded. */
  readonly body: CanonicalBody;
  readonly losses: readonly Loss[];
}

/** Puts the policy's model and prefix into a body that is otherwise forwarded as it came. */
export function patchRequestBody(body: CanonicalBody, patch: BodyPatch): PatchedBody {
  const losses: Loss[] = [];
  const messages = ownResultsAsText({ format: 'anthropic-messages', losses }, body.messages);
  let patched = fitBlocks(messages === body.messages ? body : { ...body, messages }, losses);
  if (patch.prefix !== undefined && patch.prefix !== '') patched = placePrefix(patched, patch.prefix);
  if (patched.model !== patch.model) patched = { ...patched, model: patch.model };
  return { body: patched, losses };
}
