import type { ClientFormat } from '#shared/formats/format.ts';
import type { Delivery } from './delivery.ts';
import { rawText } from './raw-reply.ts';

/** The first id of a response stands near its beginning, whole and streamed. */
const RESPONSE_ID = /"id"\s*:\s*"(resp_[A-Za-z0-9_-]{1,128})"/;
const BEGINNING_CHARACTERS = 4_096;

/** The provider's own id of a response that was handed on as it came, by which the client may continue it. */
export function forwardedResponseId({ name }: ClientFormat, { upstreamRaw }: Delivery): string | null {
  if (name !== 'openai-responses') return null;
  const beginning = typeof upstreamRaw === 'string' ? upstreamRaw : upstreamRaw.slice(0, 1);
  return RESPONSE_ID.exec(rawText(beginning).slice(0, BEGINNING_CHARACTERS))?.[1] ?? null;
}
