import { TrimtabError } from '#shared/errors.ts';
import { type Caller, ROLES, type Role } from './api-route.ts';
import type { AccessTokens } from './token-file.ts';

/** The caller behind an `Authorization` header. Throws `unauthenticated`, or `forbidden` for a role that may not. */
export function authorise(tokens: AccessTokens, header: string | undefined, role: Role): Caller {
  const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  const caller = token === undefined ? null : tokens.callerOf(token);
  if (caller === null) {
    throw new TrimtabError('unauthenticated', 'send a token of this system as `Authorization: Bearer …`');
  }
  if (ROLES.indexOf(caller.role) < ROLES.indexOf(role)) {
    throw new TrimtabError('forbidden', `this takes the role ${role}; the token has ${caller.role}`);
  }
  return caller;
}
