import * as z from 'zod';
import { durationSchema } from '#shared/config/duration.ts';
import { readReport } from '../../report/read-report.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute, type RouteExample } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { noneSchema, searchText } from '../cursor.ts';
import { reportSchema } from '../report-schemas.ts';

const DAYS_MAX = 92;
const DAY_MS = 86_400_000;
const NAME_CHARACTERS_MAX = 100;
const DURATION_CHARACTERS_MAX = 20;

/** Cost and quality against the concurrent baseline: the numbers of `trimtab report`, by the same functions. */
export function reportRoutes({ database, projectId, now }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/report', role: 'viewer', params: noneSchema, body: noneSchema },
      summary: 'Cost and quality against what the baseline served at the same time, by turn shape and provider',
      query: z.object({
        since: z
          .string()
          .max(DURATION_CHARACTERS_MAX)
          .default('28d')
          .pipe(
            durationSchema.pipe(
              z
                .number()
                .positive()
                .max(DAYS_MAX * DAY_MS),
            ),
          )
          .describe(`How far back, like 28d or 12h; ${DAYS_MAX} days at most`),
        baseline: searchText(NAME_CHARACTERS_MAX)
          .optional()
          .describe('Compare with this version (v7, an id or the start of one); the one served then when absent'),
      }),
      response: reportSchema,
      example: EXAMPLE,
      async handle({ query: { since, baseline } }) {
        const until = new Date(now());
        const window = { since: new Date(until.getTime() - since), until, baseline };
        return { value: asJson(await readReport(database, projectId, window)) };
      },
    }),
  ];
}

const SHAPE = {
  ...{ name: '16k-multi-followup', sessions: 480, scored: 471, costUsd: 61.2, hardFailureShare: 0.002 },
  costPerSessionUsd: { mean: 0.1275, low: 0.1214, high: 0.1336 },
  quality: { mean: 0.921, low: 0.908, high: 0.934 },
  comparable: 452,
  costDifference: {
    perSession: { mean: -0.211, low: -0.224, high: -0.198 },
    total: { mean: -95.4, low: -101.2, high: -89.5 },
    sessions: 452,
  },
  qualityDifference: {
    perSession: { mean: 0.004, low: -0.013, high: 0.021 },
    total: { mean: 1.8, low: -5.9, high: 9.5 },
    sessions: 452,
  },
};

const EXAMPLE: RouteExample = {
  query: 'since=28d&baseline=v3',
  response: {
    ...{ since: '2026-10-26T09:00:00.000Z', until: '2026-11-23T09:00:00.000Z' },
    baseline: { policyId: '4f0c8d1be5a9c7d2', number: 3 },
    total: { ...SHAPE, name: 'all' },
    shapes: [SHAPE],
    providers: [{ ...SHAPE, name: 'vllm' }],
    rollouts: [
      {
        ...{ rolloutId: '0f0f2d86-6f0f-4f4e-9a57-6d1f2f1c9b11', number: 7, status: 'promoted' },
        ...{ candidate: '9ab1c0de77f3e120', canarySessions: 112, controlSessions: 109 },
        costDifference: null,
        qualityDifference: SHAPE.qualityDifference,
      },
    ],
    overhead: { judgesUsd: 3.12, replaysUsd: 0.84 },
  },
};
