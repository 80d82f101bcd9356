import type { FakeProviderOptions } from './fake-provider.ts';
import type { FakeRequest } from './fake-reply.ts';
import { type AwsKeys, refuseSignature } from './verify-sigv4.ts';

/** One kind of upstream: what stands there, what a configuration says of it, and what has to arrive. */
export interface UpstreamCase {
  readonly name: string;
  readonly fake: FakeProviderOptions['format'];
  /** Settings beside `network`. */
  provider(origin: string, secrets: UpstreamSecrets): Record<string, unknown>;
  readonly modelId: string;
  readonly model?: Record<string, unknown>;
  readonly format: string;
  /** What is wrong with how a request came, or null. */
  refuse(request: FakeRequest, secrets: UpstreamSecrets): string | null;
}

export interface UpstreamSecrets {
  readonly serviceAccount: string;
  /** Whether Google handed out this token. */
  readonly isToken: (token: string) => boolean;
}

const AWS_KEYS: AwsKeys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session/token+=',
  region: 'eu-central-1',
};
const { region, ...aws } = AWS_KEYS;
const ARN = 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abcdefgh1234';
const GOOGLE_PATH = '/v1/projects/project-1/locations/europe-west4';

const refuseHeader =
  (name: string, value: string) =>
  ({ headers }: FakeRequest): string | null =>
    headers[name] === value ? null : `the header ${name} is wrong`;

const refuseToken = ({ headers }: FakeRequest, { isToken }: UpstreamSecrets): string | null => {
  const [, token = ''] = /^Bearer (.+)$/.exec(String(headers.authorization)) ?? [];
  return isToken(token) ? null : 'Request had invalid authentication credentials.';
};

const google = (origin: string, { serviceAccount }: UpstreamSecrets) => ({
  like: 'vertex',
  baseUrl: `${origin}${GOOGLE_PATH}`,
  projectId: 'project-1',
  location: 'europe-west4',
  google: { serviceAccount },
});

export const UPSTREAM_CASES: readonly UpstreamCase[] = [
  {
    name: 'openai-chat',
    fake: 'openai-chat',
    provider: (origin) => ({ like: 'openai', baseUrl: `${origin}/v1`, apiKey: 'k' }),
    modelId: 'gpt-4.1',
    format: 'openai-chat',
    refuse: refuseHeader('authorization', 'Bearer k'),
  },
  {
    name: 'openai-responses',
    fake: 'openai-responses',
    provider: (origin) => ({ like: 'openai', format: 'openai-responses', baseUrl: `${origin}/v1`, apiKey: 'k' }),
    modelId: 'gpt-5.1',
    model: { reasoningEffort: true },
    format: 'openai-responses',
    refuse: refuseHeader('authorization', 'Bearer k'),
  },
  {
    name: 'anthropic',
    fake: 'anthropic-messages',
    provider: (origin) => ({ like: 'anthropic', baseUrl: origin, apiKey: 'k' }),
    modelId: 'claude-sonnet-5-5',
    format: 'anthropic-messages',
    refuse: refuseHeader('x-api-key', 'k'),
  },
  {
    name: 'gemini',
    fake: 'gemini',
    provider: (origin) => ({ like: 'gemini', baseUrl: `${origin}/v1beta`, apiKey: 'k' }),
    modelId: 'gemini-3-pro-preview',
    format: 'gemini',
    refuse: refuseHeader('x-goog-api-key', 'k'),
  },
  {
    name: 'bedrock-converse',
    fake: 'bedrock-converse',
    provider: (origin) => ({ like: 'bedrock', baseUrl: origin, region, aws }),
    modelId: ARN,
    model: { family: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
    format: 'bedrock-converse',
    refuse: (request) =>
      request.model === ARN ? refuseSignature(request, AWS_KEYS) : `The model ${request.model} is not known`,
  },
  {
    name: 'bedrock-key',
    fake: 'bedrock-converse',
    provider: (origin) => ({ like: 'bedrock', baseUrl: origin, region, apiKey: 'ABSK' }),
    modelId: 'eu.amazon.nova-pro-v1:0',
    format: 'bedrock-converse',
    refuse: refuseHeader('authorization', 'Bearer ABSK'),
  },
  {
    name: 'bedrock-anthropic',
    fake: 'bedrock-anthropic',
    provider: (origin) => ({ like: 'bedrock', format: 'anthropic-messages', baseUrl: origin, region, aws }),
    modelId: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    format: 'anthropic-messages',
    refuse: (request) => refuseSignature(request, AWS_KEYS),
  },
  {
    name: 'vertex-gemini',
    fake: 'gemini',
    provider: google,
    modelId: 'gemini-2.5-pro',
    format: 'gemini',
    refuse: (request, secrets) =>
      request.path.startsWith(`${GOOGLE_PATH}/publishers/google/models/gemini-2.5-pro:`)
        ? refuseToken(request, secrets)
        : `no ${request.path}`,
  },
  {
    name: 'vertex-anthropic',
    fake: 'vertex-anthropic',
    provider: (origin, secrets) => ({ ...google(origin, secrets), format: 'anthropic-messages' }),
    modelId: 'claude-sonnet-4-5@20250929',
    format: 'anthropic-messages',
    refuse: refuseToken,
  },
  {
    name: 'azure-v1',
    fake: 'openai-chat',
    provider: (origin) => ({
      like: 'azure-openai',
      baseUrl: `${origin}/openai/v1`,
      apiVersion: 'preview',
      apiKey: 'k',
      deployments: { 'gpt-4.1-mini': 'mini-in-sweden' },
    }),
    modelId: 'gpt-4.1-mini',
    format: 'openai-chat',
    refuse: (request) =>
      request.path === '/openai/v1/chat/completions' && request.model === 'mini-in-sweden'
        ? refuseAzure(request, 'preview')
        : `no ${request.path} ${request.model}`,
  },
  {
    name: 'azure-responses',
    fake: 'openai-responses',
    provider: (origin) => ({
      like: 'azure-openai',
      format: 'openai-responses',
      baseUrl: `${origin}/openai/v1/`,
      apiKey: 'k',
    }),
    modelId: 'gpt-5-mini',
    model: { reasoningEffort: true },
    format: 'openai-responses',
    refuse: (request) =>
      request.path === '/openai/v1/responses' ? refuseHeader('api-key', 'k')(request) : `no ${request.path}`,
  },
  {
    name: 'azure-classic',
    fake: 'openai-chat',
    provider: (origin) => ({
      like: 'azure-openai',
      baseUrl: `${origin}/openai`,
      apiVersion: '2024-10-21',
      apiKey: 'k',
      deployments: { 'gpt-4o': 'four-o' },
    }),
    modelId: 'gpt-4o',
    format: 'openai-chat',
    refuse: (request) =>
      request.path === '/openai/deployments/four-o/chat/completions'
        ? refuseAzure(request, '2024-10-21')
        : `no ${request.path}`,
  },
];

function refuseAzure(request: FakeRequest, version: string): string | null {
  if (request.query !== `?api-version=${version}`) return 'Missing required query parameter: api-version';
  return refuseHeader('api-key', 'k')(request);
}
