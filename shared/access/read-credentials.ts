import type { RequestHeaders } from './request-headers.ts';

/**
 * The credentials of a request, the likelier first. Clients send `x-api-key`, `Authorization: Bearer`, or both, where
 * one of the two may be a left-over of another set-up.
 */
export function readCredentials(headers: RequestHeaders): string[] {
  const apiKey = headers['x-api-key'];
  const { authorization } = headers;
  const bearer = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] : undefined;
  return [typeof apiKey === 'string' ? apiKey.trim() : '', bearer ?? ''].filter((credential) => credential !== '');
}
