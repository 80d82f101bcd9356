import * as z from 'zod';
import {
  SCORE_DIMENSIONS,
  SCORE_PERIODS,
  type ScoreDimension,
  summariseScores,
} from '#shared/database/score-summary.ts';
import { readScorecard } from '#shared/database/scorecard-store.ts';
import { readSessionScoreTree } from '#shared/database/session-score-tree.ts';
import { type Metric, metricSchema } from '#shared/domain/score.ts';
import { TrimtabError } from '#shared/errors.ts';
import { lookUp } from '#shared/look-up.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { noneSchema, searchText } from '../cursor.ts';
import { scorecardSchema, scoreSummarySchema, sessionScoresSchema } from '../score-schemas.ts';

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 92;
const GROUPS_MAX = 1_000;
const NAME_CHARACTERS_MAX = 100;
const SESSION_ID_CHARACTERS_MAX = 512;

/** Whose values are a metric's when nobody says: the rules', which bear its name, or a judge's where rules do not decide. */
const SCORER_OF: Readonly<Partial<Record<Metric, string>>> = { taskCompletion: 'task_completion' };

const timeQuery = z.object({
  days: z.coerce.number().int().min(1).max(DAYS_MAX).default(DAYS_DEFAULT),
  since: z.iso.datetime({ offset: true }).optional().describe('Instead of days, at most 92 days ago'),
  until: z.iso.datetime({ offset: true }).optional().describe('Now when absent'),
});

/** Dimensions as a list with commas between them, each once. */
const bySchema = z
  .string()
  .default('provider,model')
  .transform((text) => [...new Set(text.split(',').filter((name) => name !== ''))])
  .pipe(z.array(z.enum(SCORE_DIMENSIONS)))
  .describe(`Any of ${SCORE_DIMENSIONS.join(', ')}, with commas between them`);

/** Scores taken together: by provider, model, turn shape, tool and repo, over time; and of sessions with their agents. */
export function scoreRoutes(deps: ApiDeps): ApiRoute[] {
  return [summaryRoute(deps), scorecardRoute(deps), sessionRoute(deps)];
}

function summaryRoute({ database, projectId, now }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/scores/summary', role: 'viewer' },
    summary: 'Mean scores in groups and periods, each with n and an interval of 95 % (Wilson, clustered by session)',
    params: noneSchema,
    query: timeQuery.extend({
      metric: metricSchema.default('toolUse'),
      scorer: searchText(NAME_CHARACTERS_MAX).optional().describe("Whose values; the metric's own by default"),
      by: bySchema,
      every: z.enum(SCORE_PERIODS).optional().describe('One row per period, UTC'),
      provider: searchText(NAME_CHARACTERS_MAX).optional(),
      model: searchText(NAME_CHARACTERS_MAX).optional(),
      turnShape: searchText(NAME_CHARACTERS_MAX).optional(),
      repo: searchText(SESSION_ID_CHARACTERS_MAX).optional(),
    }),
    ...{ body: noneSchema, response: scoreSummarySchema },
    async handle({ query }) {
      const { metric, by, every, provider, model, turnShape, repo } = query;
      const scorer = query.scorer ?? lookUp(SCORER_OF, metric) ?? metric;
      const { since, until } = periodOf(query, now());
      const only = Object.fromEntries(
        Object.entries({ provider, model, turnShape, repo }).filter(([, value]) => value !== undefined),
      ) as Partial<Record<Exclude<ScoreDimension, 'tool'>, string>>;
      const question = { metric, scorer, by, every: every ?? null, since, until, only, limit: GROUPS_MAX };
      const rows = await summariseScores(database, projectId, question);
      return { value: asJson({ metric, scorer, since, until, rows }) };
    },
  });
}

function scorecardRoute({ database, projectId, now }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/scorecard', role: 'viewer' },
    summary: 'How well each provider and model uses tools, with intervals and the commonest faults',
    ...{ params: noneSchema, query: timeQuery, body: noneSchema, response: scorecardSchema },
    async handle({ query }) {
      return { value: asJson(await readScorecard(database, projectId, periodOf(query, now()))) };
    },
  });
}

function sessionRoute({ database, projectId }: ApiDeps): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/v1/sessions/:sessionId/scores', role: 'viewer' },
    summary:
      'A session: its quality, its scores and its effort, with its sub-agents under the agents that started them',
    params: z.object({ sessionId: searchText(SESSION_ID_CHARACTERS_MAX) }),
    ...{ query: noneSchema, body: noneSchema, response: sessionScoresSchema },
    async handle({ params: { sessionId } }) {
      const scores = await readSessionScoreTree(database, projectId, sessionId);
      if (scores === null) throw new TrimtabError('not_found', `there is no session ${sessionId}`);
      return { value: asJson(scores) };
    },
  });
}

function periodOf(query: z.output<typeof timeQuery>, now: number): { readonly since: Date; readonly until: Date } {
  const until = query.until === undefined ? now : Math.min(now, Date.parse(query.until));
  const asked = query.since === undefined ? until - query.days * DAY_MS : Date.parse(query.since);
  const since = Math.max(asked, now - DAYS_MAX * DAY_MS);
  if (since >= until)
    throw new TrimtabError('invalid_request', '`since` has to be before `until`, and no future moment');
  return { since: new Date(since), until: new Date(until) };
}
