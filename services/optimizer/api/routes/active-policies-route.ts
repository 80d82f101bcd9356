import * as z from 'zod';
import { readActivePolicies } from '#shared/database/policy-store.ts';
import { type ActivePolicies, activePoliciesSchema } from '#shared/domain/active-policies.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { noneSchema } from '../cursor.ts';

const WAIT_SECONDS_MAX = 30;
/** Pausing moves no pointer and so notifies nobody; a long poll looks again this often. */
const LOOK_AGAIN_MS = 1_000;

/** Polls that wait at once; each of them asks the database once a second. */
export const LONG_POLLS_MAX = 100;
const RETRY_AFTER_SECONDS = '1';

/** What gateways of other makers poll: the snapshot under an ETag, held back until it changes when asked to wait. */
export function activePoliciesRoute(deps: ApiDeps): ApiRoute {
  const { database, projectId, policyChanges } = deps;
  let waiting = 0;
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/policies/active', role: 'viewer' },
    summary: 'What gateways serve now; ETag, and long poll with If-None-Match and wait',
    params: noneSchema,
    query: z.object({ wait: z.coerce.number().min(0).max(WAIT_SECONDS_MAX).default(0).describe('Seconds') }),
    ...{ body: noneSchema, response: activePoliciesSchema },
    async handle({ query, headers, signal }) {
      const known = headers['if-none-match'];
      const isRefused = query.wait > 0 && waiting >= LONG_POLLS_MAX;
      const until = deps.now() + (isRefused ? 0 : query.wait * 1_000);
      waiting += 1;
      try {
        for (;;) {
          const active = await readActivePolicies(database, projectId);
          if (active === null) throw new TrimtabError('not_found', 'no policy is active yet');
          const etag = etagOf(active);
          const left = until - deps.now();
          if (etag !== known) return { value: active, headers: { etag } };
          if (left <= 0 || signal.aborted) {
            const later: Record<string, string> = isRefused ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
            return { status: 304, headers: { etag, ...later } };
          }
          await policyChanges.next(Math.min(left, LOOK_AGAIN_MS), signal);
        }
      } finally {
        waiting -= 1;
      }
    },
  });
}

function etagOf(active: ActivePolicies): string {
  return `"${active.epoch}-${active.governanceVersion}-${active.paused ? 'paused' : 'on'}"`;
}
