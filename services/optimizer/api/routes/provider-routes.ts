import * as z from 'zod';
import { readLossReport } from '#shared/database/loss-store.ts';
import { listModelTokens } from '#shared/database/token-calibration-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { noneSchema, searchText } from '../cursor.ts';
import { lossReportSchema, modelTokensSchema } from '../provider-schemas.ts';

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 92;
const NAME_CHARACTERS_MAX = 100;

/** What is known of one provider. */
export function providerRoutes({ database, projectId, now }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/providers', role: 'viewer' },
      summary: "Providers with their models, and how each one's token counts differ from ours",
      ...{ params: noneSchema, query: noneSchema, body: noneSchema },
      response: z.object({ models: z.array(modelTokensSchema) }),
      async handle() {
        return { value: { models: asJson(await listModelTokens(database, projectId)) } };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/providers/:provider/losses', role: 'viewer' },
      summary: "What translation lost of a provider's calls: per kind the calls affected, where, and examples",
      params: z.object({ provider: searchText(NAME_CHARACTERS_MAX) }),
      query: z.object({
        days: z.coerce.number().int().min(1).max(DAYS_MAX).default(DAYS_DEFAULT),
        since: z.iso.datetime({ offset: true }).optional().describe('Instead of days, at most 92 days ago'),
      }),
      ...{ body: noneSchema, response: lossReportSchema },
      async handle({ params: { provider }, query }) {
        const earliest = now() - DAYS_MAX * DAY_MS;
        const asked = query.since === undefined ? now() - query.days * DAY_MS : Date.parse(query.since);
        const report = await readLossReport(database, projectId, provider, new Date(Math.max(asked, earliest)));
        if (report === null) throw new TrimtabError('not_found', `there is no provider ${provider}, nor a call to it`);
        return { value: asJson(report) };
      },
    }),
  ];
}
