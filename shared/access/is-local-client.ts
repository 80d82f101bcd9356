import { isIP } from 'node:net';
import type { RequestHeaders } from './request-headers.ts';

const LOCAL_ADDRESS = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Containers know their host as `host.docker.internal`. */
const RESERVED_NAME = /\.(?:localhost|internal)$/;
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/**
 * Whether a request comes from a program on this machine. One that a proxy handed on does not, nor does one that a page
 * of another site made a browser send: that has the page's origin or, when the site let its own name point here, its
 * name as the host.
 */
export function isLocalClient(remoteAddress: string | undefined, headers: RequestHeaders): boolean {
  if (remoteAddress === undefined || !LOCAL_ADDRESS.test(remoteAddress)) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const { origin, host } = headers;
  if (typeof host !== 'string' || isPublicName(hostnameOf(`http://${host}`))) return false;
  return origin === undefined || (typeof origin === 'string' && LOCAL_HOSTS.has(hostnameOf(origin)));
}

function hostnameOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : '.';
}

/** Whether somebody outside can have registered the name; addresses, names without a dot and reserved ones nobody can. */
function isPublicName(hostname: string): boolean {
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return !isAddress && hostname.includes('.') && !RESERVED_NAME.test(hostname);
}
