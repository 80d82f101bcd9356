import type { ApiDeps } from '../api-deps.ts';
import type { Caller } from '../api-route.ts';
import { searchText } from '../cursor.ts';

const REASON_CHARACTERS_MAX = 500;

/** Why somebody changes a cluster. */
export const reason = searchText(REASON_CHARACTERS_MAX).default('');

/** Who changes it, and why. */
export function changedBy({ projectId }: ApiDeps, caller: Caller, said: string) {
  return { projectId, actor: `human:${caller.name}`, reason: said };
}
