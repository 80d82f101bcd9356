import * as z from 'zod';
import { cancelPromptRun, listPromptRuns, type PromptRun } from '#shared/database/prompt-run-store.ts';
import { listCandidates } from '#shared/database/prompts/candidate-store.ts';
import { sumExpenses } from '#shared/database/prompts/expense-store.ts';
import { findPromptRun } from '#shared/database/prompts/find-prompt-run.ts';
import { type ListedReplay, listNewestReplays } from '#shared/database/prompts/list-replays.ts';
import { findPrefixId, readPrefixLineage } from '#shared/database/prompts/prefix-lineage.ts';
import { TrimtabError } from '#shared/errors.ts';
import { askForSearch } from '../../ask-for-search.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { decodeCursor, noneSchema, pageOf, pageQuerySchema, toPage } from '../cursor.ts';
import {
  plannedSearchSchema,
  prefixLineageSchema,
  promptRunDetailSchema,
  promptRunSchema,
  replaySchema,
  searchRequestSchema,
} from '../prompt-schemas.ts';

const runKey = z.object({ createdAt: z.iso.datetime(), promptRunId: z.uuid() });
const replayKey = z.object({ createdAt: z.iso.datetime(), replayId: z.string().max(100) });
const runParams = z.object({ promptRunId: z.string().max(60).describe('An id, or the start of one') });

/** Searches for prompt prefixes: plan, begin, follow, compare and end them, and tell where a prefix comes from. */
export function promptRoutes(deps: ApiDeps): ApiRoute[] {
  return [...readingRoutes(deps), ...originRoutes(deps), ...changingRoutes(deps)];
}

function readingRoutes({ database, projectId }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/prompt-runs', role: 'viewer', summary: 'Searches for prefixes, newest first' },
      query: pageQuerySchema.extend({ clusterId: z.uuid().optional().describe('Only those for this cluster') }),
      ...{ params: noneSchema, body: noneSchema, response: pageOf(promptRunSchema) },
      async handle({ query }) {
        const key = decodeCursor(runKey, query.cursor);
        const before = key && { createdAt: new Date(key.createdAt), promptRunId: key.promptRunId };
        const { clusterId, limit } = query;
        const rows = await listPromptRuns(database, projectId, { before, clusterId, limit: limit + 1 });
        return { value: toPage(rows, limit, asItem, ({ createdAt, promptRunId }) => ({ createdAt, promptRunId })) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/prompt-runs/:promptRunId', role: 'viewer' },
      summary: 'One search with all its candidates and what it spent',
      ...{ params: runParams, query: noneSchema, body: noneSchema, response: promptRunDetailSchema },
      async handle({ params }) {
        const run = await findPromptRun(database, projectId, params.promptRunId);
        const candidates = await listCandidates(database, projectId, run.promptRunId);
        const expenses = await sumExpenses(database, projectId, run.promptRunId);
        return { value: { ...asItem(run), candidates: asJson([...candidates]), expenses: [...expenses] } };
      },
    }),
  ];
}

function originRoutes({ database, projectId }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/prefixes/:prefixId', role: 'viewer' },
      summary: 'A prefix, those that it was made from, and the searches that found them',
      params: z.object({ prefixId: z.string().max(64).describe('An id, or the start of one') }),
      ...{ query: noneSchema, body: noneSchema, response: prefixLineageSchema },
      async handle({ params }) {
        const prefixId = await findPrefixId(database, projectId, params.prefixId);
        if (prefixId === null) throw new TrimtabError('not_found', `there is no prefix ${params.prefixId}`);
        return { value: { steps: asJson([...(await readPrefixLineage(database, projectId, prefixId))]) } };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/replays', role: 'viewer', summary: 'Replayed calls, newest first' },
      query: pageQuerySchema.extend({
        promptRunId: z.uuid().optional().describe('Only those of one search'),
        status: z.enum(['pending', 'done', 'error']).optional(),
      }),
      ...{ params: noneSchema, body: noneSchema, response: pageOf(replaySchema) },
      async handle({ query }) {
        const key = decodeCursor(replayKey, query.cursor);
        const before = key && { createdAt: new Date(key.createdAt), replayId: key.replayId };
        const { promptRunId, status, limit } = query;
        const rows = await listNewestReplays(database, projectId, { promptRunId, status, before, limit: limit + 1 });
        const asReplay = (replay: ListedReplay) => asJson({ ...replay, failed: [...replay.failed] });
        return { value: toPage(rows, limit, asReplay, ({ createdAt, replayId }) => ({ createdAt, replayId })) };
      },
    }),
  ];
}

function changingRoutes(deps: ApiDeps): ApiRoute[] {
  const { database, people, projectId, wake } = deps;
  return [
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/prompt-runs', role: 'operator' },
      summary: 'Begin a search for a prefix that cures a cluster; with dryRun its plan and cost alone',
      ...{ params: noneSchema, query: noneSchema, body: searchRequestSchema, response: plannedSearchSchema },
      async handle({ body, caller }) {
        if (deps.searches === undefined) throw new TrimtabError('not_configured', 'this server begins no searches');
        const { dryRun, maxReplays: taskCalls, ...asked } = body;
        const actor = `human:${caller.name}`;
        const search = { ...deps.searches, database: people, now: deps.now };
        const planned = await askForSearch(search, { ...asked, taskCalls, projectId, actor });
        const { optimizer, plan, settings } = planned;
        if (dryRun) return { value: { optimizer, plan, settings, promptRunId: null } };
        const { promptRunId } = await planned.begin();
        wake();
        return { status: 202, value: { optimizer, plan, settings, promptRunId } };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/prompt-runs/:promptRunId/cancel', role: 'operator' },
      summary: 'End a search before its next step; what it has spent is spent',
      ...{ params: runParams, query: noneSchema, body: noneSchema, response: promptRunSchema },
      async handle({ params, caller }) {
        const run = await findPromptRun(database, projectId, params.promptRunId);
        const cancelled = await cancelPromptRun(people, projectId, run.promptRunId, `human:${caller.name}`);
        if (!cancelled) throw new TrimtabError('conflict', `the search had ended before: it is ${run.status}`);
        return { value: asItem(await findPromptRun(database, projectId, run.promptRunId)) };
      },
    }),
  ];
}

function asItem(run: PromptRun) {
  const { projectId: _project, tells: _tells, settings, plan, progress, result, ...rest } = run;
  return { ...asJson(rest), settings, plan, progress, result };
}
