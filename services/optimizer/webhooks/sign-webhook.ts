import { createHmac } from 'node:crypto';

const ENCODED_PREFIX = 'whsec_';

/**
 * Headers by which a receiver knows that the message is ours, untouched and recent, as the Standard Webhooks
 * specification says: HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, in base64. A secret that starts with
 * `whsec_` is the rest of it in base64; any other is taken as it stands. The id is the same at every attempt, so that a
 * receiver can drop what it has seen.
 */
export function signWebhook(
  message: { readonly id: string; readonly body: string; readonly timestampSeconds: number },
  secret: string | undefined,
): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': message.id, 'webhook-timestamp': String(message.timestampSeconds) };
  if (secret === undefined) return headers;
  const key = secret.startsWith(ENCODED_PREFIX) ? Buffer.from(secret.slice(ENCODED_PREFIX.length), 'base64') : secret;
  const signature = createHmac('sha256', key)
    .update(`${message.id}.${message.timestampSeconds}.${message.body}`)
    .digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}
