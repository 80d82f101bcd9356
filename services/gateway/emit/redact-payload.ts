import { captureContent } from '#shared/capture/capture-content.ts';
import { TrimtabError } from '#shared/errors.ts';
import { offeredCallOf, recordOfOffer } from '#shared/spool/offered-call.ts';
import { decodeRecord, encodeRecord } from '#shared/spool/record-payload.ts';

/** A payload of the spool without personal data and secrets. Throws for one that cannot be read. */
export async function redactPayload(payload: Buffer): Promise<Buffer> {
  const decoded = await decodeRecord(payload);
  if (decoded.type === 'unreadable') throw new TrimtabError('internal', decoded.reason);
  return encodeRecord(offeredCallOf(captureContent(recordOfOffer(decoded.offered), 'redacted')));
}
