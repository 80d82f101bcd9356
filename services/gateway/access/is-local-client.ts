import type { RequestHeaders } from '../session-id.ts';

const LOCAL_ADDRESS = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/**
 * Whether a request comes from a program on this machine. One that a proxy handed on does not, nor does one that a page
 * of another site made a browser send.
 */
export function isLocalClient(remoteAddress: string | undefined, headers: RequestHeaders): boolean {
  if (remoteAddress === undefined || !LOCAL_ADDRESS.test(remoteAddress)) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return typeof origin === 'string' && URL.canParse(origin) && LOCAL_HOSTS.has(new URL(origin).hostname);
}
