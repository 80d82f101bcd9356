import { isLocalClient } from '#shared/access/is-local-client.ts';
import { readCredentials } from '#shared/access/read-credentials.ts';
import { isKeySecret } from '#shared/database/virtual-key-secret.ts';
import type { ApiError } from '#shared/formats/api-error.ts';
import type { RequestHeaders } from '../session-id.ts';
import type { Identity } from './identity.ts';
import type { CachedKey, KeyCache } from './key-cache.ts';

export type Authentication =
  | { readonly type: 'identified'; readonly identity: Identity }
  | { readonly type: 'refused'; readonly error: ApiError };

const LABEL_CHARACTERS_MAX = 200;

/**
 * Says who makes a request, at once when its key is known. With a virtual key in the project, only its keys open the
 * door; before the first one, any credential does, from this machine alone.
 */
export function authenticate(
  keys: KeyCache,
  projectId: string,
  request: { readonly headers: RequestHeaders; readonly remoteAddress: string | undefined },
): Authentication | Promise<Authentication> {
  const { headers } = request;
  const credentials = readCredentials(headers);
  const claimed = { developer: label(headers['x-trimtab-developer']), repo: label(headers['x-trimtab-repo']) };
  if (keys.state() === 'open' && isLocalClient(request.remoteAddress, headers) && !credentials.some(isKeySecret)) {
    return { type: 'identified', identity: { projectId, keyId: null, ...claimed } };
  }
  const [likeliest] = credentials;
  const known = likeliest === undefined ? null : keys.known(likeliest);
  return known === null ? findKey(keys, projectId, credentials, claimed) : identified(projectId, known, claimed);
}

type Claimed = Pick<Identity, 'developer' | 'repo'>;

async function findKey(
  keys: KeyCache,
  projectId: string,
  credentials: readonly string[],
  claimed: Claimed,
): Promise<Authentication> {
  for (const credential of credentials) {
    const key = await keys.find(credential);
    if (key !== null) return identified(projectId, key, claimed);
  }
  return { type: 'refused', error: refusal(keys.state(), credentials.length > 0) };
}

/** What the key says of itself cannot be overruled by whoever holds it. */
function identified(projectId: string, key: CachedKey, claimed: Claimed): Authentication {
  const { keyId } = key;
  const developer = key.developer ?? claimed.developer;
  return { type: 'identified', identity: { projectId, keyId, developer, repo: key.repo ?? claimed.repo } };
}

function refusal(state: ReturnType<KeyCache['state']>, hasCredential: boolean): ApiError {
  if (state === 'unknown') {
    const message = 'The gateway has not been able to read its keys yet; try again in a moment.';
    return { type: 'api_error', message, status: 503, retryable: true, retryAfterSeconds: 2 };
  }
  const message =
    state === 'open'
      ? 'This gateway has no keys yet and serves its own machine only; make one with `trimtab keys create`.'
      : hasCredential
        ? 'The key is not known, has expired or was revoked; ask for a new one, or make one with `trimtab keys create`.'
        : 'A key is required: send it as x-api-key or as Authorization: Bearer (ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN).';
  return { type: 'authentication_error', message, status: 401, retryable: false, shouldRetry: false };
}

function label(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  return value.trim().slice(0, LABEL_CHARACTERS_MAX);
}
