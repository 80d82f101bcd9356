import { TrimtabError } from '../../errors.ts';
import { createSigV4Signer, NodeSha256, type RequestToSign } from '../sign-sigv4.ts';
import type { AuthorizedProvider, Authorizer, AuthorizerDeps } from './authorizer.ts';
import { credentialFault } from './credential-fault.ts';

type Sign = (request: RequestToSign) => Promise<Readonly<Record<string, string>>>;

/** The name that AWS signs requests to models under. */
const SERVICE = 'bedrock';
const ADVICE =
  'set aws.accessKeyId and aws.secretAccessKey, or apiKey, or give this process a role that may call bedrock:InvokeModel';

/** Signs with AWS's Signature Version 4: with the keys of the configuration, else with those of the default chain. */
export function createAwsAuthorizer(provider: AuthorizedProvider, deps: Pick<AuthorizerDeps, 'now'>): Authorizer {
  const configured = provider.authHeaders();
  let signing: Promise<Sign> | null = null;
  return {
    async authorize({ url, headers, body }) {
      signing ??= createSign(provider, deps);
      try {
        const sign = await signing;
        const signed = await sign({ url, contentType: headers['content-type'] ?? 'application/json', body });
        return { ...configured, ...signed };
      } catch (error) {
        // The next call tries again: a role may have been given meanwhile.
        signing = null;
        throw error instanceof TrimtabError ? error : credentialFault('AWS credentials', error, ADVICE);
      }
    },
  };
}

/** The libraries are loaded with the first call: most gateways have no AWS provider. */
async function createSign(provider: AuthorizedProvider, deps: Pick<AuthorizerDeps, 'now'>): Promise<Sign> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const signer = new SignatureV4({
    credentials: await findCredentials(provider),
    region: regionOf(provider),
    service: SERVICE,
    sha256: NodeSha256,
  });
  return createSigV4Signer({ signer, now: deps.now });
}

async function findCredentials({ credentials }: AuthorizedProvider) {
  const { accessKeyId, secretAccessKey, sessionToken, profile } = credentials.aws ?? {};
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  // A section that names keys and has none of them means an empty variable, not another identity.
  if (credentials.aws !== undefined && profile === undefined) {
    throw new TrimtabError('upstream_misconfigured', `the keys under aws: are not set; ${ADVICE}`);
  }
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider(profile === undefined ? {} : { profile });
}

/** Of the configuration, else of the address that it gave. */
function regionOf({ region, baseUrl }: AuthorizedProvider): string {
  const said = region ?? /bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(baseUrl)?.[1];
  if (said !== undefined) return said;
  throw new TrimtabError('upstream_misconfigured', 'requests to AWS are signed for a region; set region');
}
