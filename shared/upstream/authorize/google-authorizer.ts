import { readFile } from 'node:fs/promises';
import type { GoogleAuth } from 'google-auth-library';
import { TrimtabError } from '../../errors.ts';
import type { AuthorizedProvider, Authorizer, AuthorizerDeps } from './authorizer.ts';
import { credentialFault } from './credential-fault.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** A token lives an hour; a new one is fetched so long before its end. */
const REFRESH_BEFORE_MS = 5 * 60_000;
const ADVICE =
  'set google.serviceAccount or google.serviceAccountFile, or give this process application default credentials that may use Vertex AI';

/**
 * Brings the access token of a Google account: of the service account of the configuration, else of the application
 * default credentials (a file, or the metadata service of a machine in Google Cloud). One fetch serves all calls that
 * wait for it, and its token all calls of the hour.
 */
export function createGoogleAuthorizer(provider: AuthorizedProvider, deps: Pick<AuthorizerDeps, 'fetch'>): Authorizer {
  const configured = provider.authHeaders();
  let loading: Promise<GoogleAuth> | null = null;
  let fetching: Promise<string> | null = null;
  const fetchToken = async (): Promise<string> => {
    try {
      loading ??= createAuth(provider, deps);
      const token = await (await loading).getAccessToken();
      if (typeof token === 'string' && token !== '') return token;
      throw new Error('the answer holds no token');
    } catch (error) {
      // The next call tries again: the file may have been put in place meanwhile.
      loading = null;
      throw error instanceof TrimtabError ? error : credentialFault('Google credentials', error, ADVICE);
    } finally {
      fetching = null;
    }
  };
  return {
    async authorize() {
      fetching ??= fetchToken();
      return { ...configured, authorization: `Bearer ${await fetching}` };
    },
  };
}

/** The library is loaded with the first call: most gateways have no provider of Google Cloud. */
async function createAuth(provider: AuthorizedProvider, deps: Pick<AuthorizerDeps, 'fetch'>): Promise<GoogleAuth> {
  const { GoogleAuth } = await import('google-auth-library');
  const key = await readKey(provider);
  return new GoogleAuth({
    scopes: SCOPE,
    ...(key === undefined ? {} : { credentials: key }),
    clientOptions: {
      eagerRefreshThresholdMillis: REFRESH_BEFORE_MS,
      transporterOptions: { fetchImplementation: deps.fetch },
    },
  });
}

async function readKey({ credentials }: AuthorizedProvider): Promise<object | undefined> {
  const { google } = credentials;
  if (google === undefined) return undefined;
  const { serviceAccount, serviceAccountFile } = google;
  // A section that names a key and has none means an empty variable, not another identity.
  if (serviceAccount === undefined && serviceAccountFile === undefined) {
    throw new TrimtabError('upstream_misconfigured', `the key under google: is not set; ${ADVICE}`);
  }
  const text = serviceAccount ?? (await readFile(serviceAccountFile ?? '', 'utf8'));
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new TrimtabError('upstream_misconfigured', `the service account's key is no JSON; ${ADVICE}`, { cause });
  }
}
