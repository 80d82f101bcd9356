import * as z from 'zod';
import { listCalls, listScores, readCallDetail, readUsage } from '#shared/database/list-calls.ts';
import { callStatusSchema } from '#shared/domain/call.ts';
import { TrimtabError } from '#shared/errors.ts';
import { readCallShapes } from '#shared/shapes/read-call-shapes.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute, ROLES, type Role } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { callDetailSchema, callSummarySchema, scoreSchema, usageSchema } from '../call-schemas.ts';
import { decodeCursor, noneSchema, pageOf, pageQuerySchema, searchText, toPage } from '../cursor.ts';

const DAY_MS = 86_400_000;
const USAGE_DAYS_MAX = 92;
const SCORES_OF_CALL_MAX = 500;
/** Who may read what was said. */
const CONTENT_ROLE: Role = 'operator';

const scoreKey = z.object({ callId: z.uuid(), key: searchText(1_200) });

/** What came in and what was said of it: calls, scores, usage. */
export function trafficRoutes(deps: ApiDeps): ApiRoute[] {
  return [...callRoutes(deps), scoreRoute(deps), usageRoute(deps)];
}

function callRoutes({ database, projectId, upstreams }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/calls', role: 'viewer', summary: 'Calls, newest first' },
      params: noneSchema,
      query: pageQuerySchema.extend({
        sessionId: searchText(512).optional(),
        turnShape: searchText(40).optional(),
        provider: searchText(100).optional(),
        status: callStatusSchema.optional(),
        clusterId: z.uuid().optional(),
      }),
      ...{ body: noneSchema, response: pageOf(callSummarySchema) },
      async handle({ query }) {
        const { limit, cursor, ...filter } = query;
        const before = decodeCursor(z.uuid(), cursor);
        const rows = await listCalls(database, projectId, { ...filter, before, limit: limit + 1 });
        return { value: toPage(rows, limit, asJson, (row) => row.callId) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/calls/:callId', role: 'viewer' },
      summary:
        'One call: how it was routed, what it lost, how it scored; for operators, what was said in its four shapes',
      params: z.object({ callId: z.uuid() }),
      ...{ query: noneSchema, body: noneSchema, response: callDetailSchema },
      async handle({ params: { callId }, caller }) {
        const call = await readCallDetail(database, projectId, callId);
        if (call === null) throw new TrimtabError('not_found', `there is no call ${callId}`);
        const scores = await listScores(database, projectId, { callId, limit: SCORES_OF_CALL_MAX });
        const isAllowed = ROLES.indexOf(caller.role) >= ROLES.indexOf(CONTENT_ROLE);
        const shapes = isAllowed ? await readCallShapes(database, upstreams ?? null, projectId, callId) : null;
        return { value: { ...asJson(call), scores: scores.map(asScore), shapes: asJson(shapes) } };
      },
    }),
  ];
}

function scoreRoute({ database, projectId }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/scores', role: 'viewer', summary: 'Score rows, newest call first' },
    params: noneSchema,
    query: pageQuerySchema.extend({
      callId: z.uuid().optional(),
      outcome: z.enum(['pass', 'fail', 'unknown']).optional(),
      scorer: searchText(100).optional(),
    }),
    ...{ body: noneSchema, response: pageOf(scoreSchema) },
    async handle({ query }) {
      const { limit, cursor, ...filter } = query;
      const before = decodeCursor(scoreKey, cursor);
      const rows = await listScores(database, projectId, { ...filter, before, limit: limit + 1 });
      return { value: toPage(rows, limit, asScore, ({ callId, key }) => ({ callId, key })) };
    },
  });
}

function usageRoute({ database, projectId, now }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/usage', role: 'viewer', summary: 'Tokens and cost per day, provider and model' },
    params: noneSchema,
    query: z.object({ days: z.coerce.number().int().min(1).max(USAGE_DAYS_MAX).default(7) }),
    ...{ body: noneSchema, response: usageSchema },
    async handle({ query }) {
      const since = new Date(now() - query.days * DAY_MS);
      return { value: { since: since.toISOString(), rows: await readUsage(database, projectId, since) } };
    },
  });
}

type StoredScore = Awaited<ReturnType<typeof listScores>>[number];

function asScore({ key: _key, ...score }: StoredScore) {
  return asJson(score);
}
