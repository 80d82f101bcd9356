import * as z from 'zod';
import { listAudit } from '#shared/database/audit-log.ts';
import type { Database } from '#shared/database/connect.ts';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { listRuns, type OptimizerRun, readRun, requestRun } from '#shared/database/optimizer-run-store.ts';
import { abortRollout, listRollouts, type Rollout, readRollout } from '#shared/database/rollout-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import { followRun } from '../../follow-run.ts';
import { planCycle } from '../../plan-cycle.ts';
import { runStandingSchema } from '../../run-progress.ts';
import { MANUAL_JOB } from '../../schedule.ts';
import { systemStatusSchema } from '../../system-status.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import {
  decodeCursor,
  noneSchema,
  numberKeySchema,
  pageOf,
  pageQuerySchema,
  sequenceKeySchema,
  toPage,
} from '../cursor.ts';
import { auditEventSchema, controlSchema, cyclePlanSchema, rolloutSchema, runSchema } from '../operation-schemas.ts';
import { pointerMovedSchema } from '../policy-schemas.ts';

const reasonBody = z.object({ reason: z.string().min(1).max(500).describe('Why; it is kept in the audit log') });
const runParams = z.object({ runId: z.uuid() });
const runKey = z.object({ createdAt: z.iso.datetime(), runId: z.uuid() });

/** What the optimizer does, and the levers: rollouts, runs, audit, status, pause, resume, run. */
export function operationRoutes(deps: ApiDeps): ApiRoute[] {
  return [...rolloutRoutes(deps), ...recordRoutes(deps), ...leverRoutes(deps)];
}

function rolloutRoutes({ database, projectId }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/rollouts', role: 'viewer', summary: 'Rollouts, newest first' },
      ...{ params: noneSchema, query: pageQuerySchema, body: noneSchema, response: pageOf(rolloutSchema) },
      async handle({ query }) {
        const before = decodeCursor(numberKeySchema, query.cursor);
        const rows = await listRollouts(database, projectId, { before, limit: query.limit + 1 });
        return { value: toPage(rows, query.limit, asRollout, (rollout) => rollout.number) };
      },
    }),
    defineRoute({
      ...{
        method: 'GET',
        path: '/api/v1/rollouts/:rolloutId',
        role: 'viewer',
        summary: 'One rollout with its evidence',
      },
      params: z.object({ rolloutId: z.uuid() }),
      ...{ query: noneSchema, body: noneSchema, response: rolloutSchema },
      async handle({ params }) {
        const rollout = await readRollout(database, projectId, params.rolloutId);
        if (rollout === null) throw new TrimtabError('not_found', `there is no rollout ${params.rolloutId}`);
        return { value: asRollout(rollout) };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/rollouts/:rolloutId/abort', role: 'operator' },
      summary: 'Stop a rollout without a verdict; the stable policy stays, and the candidate may be tried again',
      params: z.object({ rolloutId: z.uuid() }),
      ...{ query: noneSchema, body: reasonBody, response: pointerMovedSchema },
      async handle({ params: { rolloutId }, body: { reason }, caller }) {
        const change = { projectId, rolloutId, reason, actor: `human:${caller.name}` };
        return { value: await abortRollout(database, change) };
      },
    }),
  ];
}

function recordRoutes({ database, projectId, readStatus, now }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/runs', role: 'viewer', summary: 'Runs of the optimizer, newest first' },
      ...{ params: noneSchema, query: pageQuerySchema, body: noneSchema, response: pageOf(runSchema) },
      async handle({ query }) {
        const key = decodeCursor(runKey, query.cursor);
        const before = key && { createdAt: new Date(key.createdAt), runId: key.runId };
        const rows = await listRuns(database, projectId, { before, limit: query.limit + 1 });
        return { value: toPage(rows, query.limit, asRun, ({ createdAt, runId }) => ({ createdAt, runId })) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/runs/:runId', role: 'viewer', summary: 'One run of the optimizer' },
      ...{ params: runParams, query: noneSchema, body: noneSchema, response: runSchema },
      handle: async ({ params }) => ({ value: asRun(await findRun(database, projectId, params.runId)) }),
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/runs/:runId/events', role: 'viewer', streams: true },
      summary: 'Where a run stands and how long it still takes, as server-sent events until it ends',
      ...{ params: runParams, query: noneSchema, body: noneSchema, response: runStandingSchema },
      async handle({ params, signal }) {
        await findRun(database, projectId, params.runId);
        return { events: followRun({ database, now }, { projectId, runId: params.runId }, signal) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/audit', role: 'viewer', summary: 'The audit log, newest first' },
      ...{ params: noneSchema, query: pageQuerySchema, body: noneSchema, response: pageOf(auditEventSchema) },
      async handle({ query }) {
        const before = decodeCursor(sequenceKeySchema, query.cursor);
        const rows = await listAudit(database, projectId, { before, limit: query.limit + 1 });
        const asItem = ({ projectId: _project, ...event }: (typeof rows)[number]) => asJson(event);
        return { value: toPage(rows, query.limit, asItem, (event) => event.sequence) };
      },
    }),
    defineRoute({
      ...{
        method: 'GET',
        path: '/api/v1/status',
        role: 'viewer',
        summary: 'Is it doing anything, and if not, why not',
      },
      ...{ params: noneSchema, query: noneSchema, body: noneSchema, response: systemStatusSchema },
      handle: async () => ({ value: await readStatus() }),
    }),
  ];
}

function leverRoutes({ database, people, projectId, now, wake }: ApiDeps): ApiRoute[] {
  const common = { method: 'POST', role: 'operator', params: noneSchema, query: noneSchema, body: reasonBody } as const;
  return [
    defineRoute({
      ...{ ...common, path: '/api/v1/optimizer/pause', summary: 'Stop every automatic change' },
      response: controlSchema,
      async handle({ body, caller }) {
        const change = { projectId, actor: `human:${caller.name}`, reason: body.reason };
        return { value: asJson(await pauseOptimizer(people, change)) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/optimizer/resume', summary: 'Let the optimizer act again, and lift a pin' },
      response: controlSchema,
      async handle({ body, caller }) {
        const change = { projectId, actor: `human:${caller.name}`, reason: body.reason };
        return { value: asJson(await resumeOptimizer(people, change)) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/optimizer/plan', role: 'viewer' },
      summary: 'What a cycle would do now, and why; nothing is done',
      ...{ params: noneSchema, query: noneSchema, body: noneSchema, response: cyclePlanSchema },
      async handle() {
        return { value: asJson(await planCycle(database, { projectId, nowMs: now() })) };
      },
    }),
    defineRoute({
      ...{ ...common, path: '/api/v1/optimizer/run', summary: 'Ask for a cycle now' },
      response: runSchema,
      async handle({ caller }) {
        const request = { projectId, job: MANUAL_JOB, logicalTime: new Date(now()), trigger: `human:${caller.name}` };
        const { run } = await requestRun(database, request);
        wake();
        return { status: 202, value: asRun(run) };
      },
    }),
  ];
}

async function findRun(database: Database, projectId: string, runId: string): Promise<OptimizerRun> {
  const run = await readRun(database, projectId, runId);
  if (run === null) throw new TrimtabError('not_found', `there is no run ${runId}`);
  return run;
}

function asRollout(rollout: Rollout) {
  const { projectId: _project, state: _state, settings, ...rest } = rollout;
  return { ...asJson(rest), settings };
}

function asRun(run: OptimizerRun) {
  const { runId, job, logicalTime, trigger, status, attempt, createdAt, startedAt, finishedAt, progress } = run;
  const dates = asJson({ runId, job, logicalTime, trigger, status, attempt, createdAt, startedAt, finishedAt });
  return { ...dates, progress, summary: { ...run.summary } };
}
