import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { TrimtabError } from '../../errors.ts';
import type { AuthorizedProvider, Authorizer, AuthorizerDeps } from './authorizer.ts';
import { credentialFault } from './credential-fault.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** A token lives an hour; a new one is fetched so long before its end. */
const REFRESH_BEFORE_MS = 5 * 60_000;
const RETRIES_MAX = 1;
const ADVICE =
  'set google.serviceAccount or google.serviceAccountFile, or give this process application default credentials that may use Vertex AI';

/** Other kinds of credentials name addresses to fetch from; those belong to the default credentials of the machine. */
const keySchema = z.looseObject({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});

type GetToken = () => Promise<string | null | undefined>;

/**
 * Brings the access token of a Google account: of the service account of the configuration, else of the application
 * default credentials (a file, or the metadata service of a machine in Google Cloud). One fetch serves all calls that
 * wait for it, and its token all calls of the hour.
 */
export function createGoogleAuthorizer(provider: AuthorizedProvider, deps: Pick<AuthorizerDeps, 'fetch'>): Authorizer {
  const configured = provider.authHeaders();
  let loading: Promise<GetToken> | null = null;
  return {
    async authorize() {
      loading ??= createGetToken(provider, deps);
      try {
        // The library caches the token, and has calls that wait for one share its fetch.
        const token = await (await loading)();
        if (typeof token !== 'string' || token === '') throw new Error('the answer holds no token');
        return { ...configured, authorization: `Bearer ${token}` };
      } catch (error) {
        // The next call tries again: the file may have been put in place meanwhile.
        loading = null;
        throw error instanceof TrimtabError ? error : credentialFault('Google credentials', error, ADVICE);
      }
    },
  };
}

/** The library is loaded with the first call: most gateways have no provider of Google Cloud. */
async function createGetToken(provider: AuthorizedProvider, deps: Pick<AuthorizerDeps, 'fetch'>): Promise<GetToken> {
  const { GoogleAuth, JWT } = await import('google-auth-library');
  const options = {
    eagerRefreshThresholdMillis: REFRESH_BEFORE_MS,
    transporterOptions: {
      fetchImplementation: deps.fetch,
      // The library would go on for seconds, and calls with a fallback need not wait so long for it.
      retryConfig: { retry: RETRIES_MAX, noResponseRetries: RETRIES_MAX },
    },
  };
  const key = await readKey(provider);
  if (key === undefined) {
    const auth = new GoogleAuth({ scopes: SCOPE, clientOptions: options });
    return () => auth.getAccessToken();
  }
  const { client_email: email, private_key: privateKey, private_key_id: keyId } = key;
  const account = new JWT({
    email,
    key: privateKey,
    scopes: SCOPE,
    ...(keyId === undefined ? {} : { keyId }),
    ...options,
  });
  return async () => (await account.getAccessToken()).token;
}

async function readKey({ credentials }: AuthorizedProvider): Promise<z.output<typeof keySchema> | undefined> {
  const { google } = credentials;
  if (google === undefined) return undefined;
  const { serviceAccount, serviceAccountFile } = google;
  // A section that names a key and has none means an empty variable, not another identity.
  if (serviceAccount === undefined && serviceAccountFile === undefined) {
    throw new TrimtabError('upstream_misconfigured', `the key under google: is not set; ${ADVICE}`);
  }
  const text = serviceAccount ?? (await readFile(serviceAccountFile ?? '', 'utf8'));
  try {
    return keySchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `what is under google: is not the JSON of a service account's key; ${ADVICE}`;
    throw new TrimtabError('upstream_misconfigured', message, { cause });
  }
}
