import type { ResolvedProvider } from '../../providers/registry.ts';
import type { GuardedFetch } from '../guarded-fetch.ts';
import { createAwsAuthorizer } from './aws-authorizer.ts';
import { createGoogleAuthorizer } from './google-authorizer.ts';
import { holdFaults } from './hold-faults.ts';

/** A request as far as a signature covers it. */
export interface RequestToAuthorize {
  readonly method: 'POST';
  readonly url: URL;
  /** With lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export type AuthHeaders = Readonly<Record<string, string>>;

/** Makes the headers that tell an upstream who calls; the configured ones are among them. */
export interface Authorizer {
  /**
   * At once for a key, and as a promise where something has to be signed or fetched.
   *
   * @throws TrimtabError `upstream_misconfigured`, saying what to do, when there is nothing to sign with;
   *   `upstream_unreachable` when what hands out the credentials cannot be reached now
   */
  authorize(request: RequestToAuthorize): AuthHeaders | Promise<AuthHeaders>;
}

export interface AuthorizerDeps {
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Fetches tokens; reaches what a public upstream may reach, and nothing else. */
  readonly fetch: GuardedFetch;
}

export type AuthorizedProvider = Pick<
  ResolvedProvider,
  'name' | 'auth' | 'apiKey' | 'region' | 'baseUrl' | 'credentials' | 'authHeaders'
>;

/** The authorizer of a provider. Tokens are cached in it, so one should serve all calls. */
export function createAuthorizer(provider: AuthorizedProvider, deps: AuthorizerDeps): Authorizer {
  if (provider.apiKey === undefined && provider.auth === 'aws-sigv4') {
    return holdFaults(createAwsAuthorizer(provider, deps), deps.now);
  }
  if (provider.apiKey === undefined && provider.auth === 'google-oauth') {
    return holdFaults(createGoogleAuthorizer(provider, deps), deps.now);
  }
  const headers = provider.authHeaders();
  return { authorize: () => headers };
}
