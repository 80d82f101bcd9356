import { userInfo } from 'node:os';

/** Who changed something from a terminal, as the audit log names them. */
export function commandActor(): string {
  return `cli:${userInfo().username}`;
}
