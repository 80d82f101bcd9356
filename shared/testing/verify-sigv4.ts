import { createHash, createHmac } from 'node:crypto';
import type { FakeRequest } from './fake-reply.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
/** RFC 3986, as AWS wants it; every path but S3's is encoded once more than it goes over the wire. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/**
 * What AWS holds against the signature of a request, or null. Written after AWS's page "Create a signed AWS API
 * request", apart from the library that signs.
 */
export function refuseSignature(request: FakeRequest, keys: AwsKeys, service = 'bedrock'): string | null {
  const headerText = (name: string): string => String(request.headers[name] ?? '');
  const match = HEADER.exec(headerText('authorization'));
  if (match === null) return 'Missing Authentication Token';
  const [, keyId, day = '', region, signedService, names = '', signature] = match;
  if (keyId !== keys.accessKeyId) return 'The security token included in the request is invalid.';
  if (region !== keys.region || signedService !== service) return `Credential should be scoped to a valid region.`;
  if (headerText('x-amz-security-token') !== (keys.sessionToken ?? '')) return 'The security token is wrong.';
  const time = headerText('x-amz-date');
  const signed = names.split(';');
  if (!signed.includes('host') || !time.startsWith(day)) return 'The signature does not cover host and date.';
  const query = request.query
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .sort()
    .join('&');
  const canonical = [
    request.method,
    request.path.split('/').map(encode).join('/'),
    query,
    ...signed.map((name) => `${name}:${headerText(name).trim()}`),
    '',
    names,
    hex(request.bodyText),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hex(canonical)].join('\n');
  const key = [day, keys.region, service, 'aws4_request'].reduce<string | Buffer>(mac, `AWS4${keys.secretAccessKey}`);
  if (mac(key, toSign).toString('hex') === signature) return null;
  return 'The request signature we calculated does not match the signature you provided.';
}
