import * as z from 'zod';
import { judgeAgreementSchema } from '#shared/calibration/judge-agreement.ts';
import { trueRate } from '#shared/calibration/rogan-gladen.ts';
import { readDrifts } from '#shared/database/anchor-store.ts';
import {
  type JudgedRate,
  readCalibrations,
  readJudgedRates,
  type StoredCalibration,
} from '#shared/database/calibration-store.ts';
import { listLabels, type StoredLabel, writeLabel } from '#shared/database/label-store.ts';
import { labelInputSchema, labellerSchema, labelMetricSchema } from '#shared/domain/label.ts';
import type { ApiDeps } from '../api-deps.ts';
import { type ApiRoute, defineRoute, ROLES } from '../api-route.ts';
import { asJson } from '../as-json.ts';
import { decodeCursor, noneSchema, pageOf, pageQuerySchema, searchText, toPage } from '../cursor.ts';

const DAY_MS = 86_400_000;
const RATE_DAYS_MAX = 92;
const KEY_CHARACTERS_MAX = 1_000;

const labelSchema = z.object({
  subjectType: z.string(),
  subjectId: z.string(),
  metric: z.string(),
  labeller: z.string(),
  callId: z.uuid(),
  sessionId: z.string(),
  outcome: z.enum(['pass', 'fail']),
  note: z.string().nullable(),
  createdAt: z.iso.datetime(),
});

const judgeVersionSchema = z.object({ rubric: z.string(), rubricVersion: z.string(), judge: z.string() });

const calibrationSchema = judgeVersionSchema.extend({
  method: z.enum(['platt', 'isotonic']),
  labels: z.number(),
  agreement: judgeAgreementSchema,
  gatePassed: z.boolean(),
  /** What is missing to drive the optimizer; null for a judge that may. */
  gateReason: z.string().nullable(),
  fittedAt: z.iso.datetime(),
});

const driftSchema = judgeVersionSchema.extend({
  night: z.string(),
  anchors: z.number(),
  disagreed: z.number(),
  flipped: z.number(),
  compared: z.number(),
  /** Evidence of a drift over what an alarm takes. */
  level: z.number(),
  alarmAt: z.iso.datetime().nullable(),
});

const rateSchema = judgeVersionSchema.extend({
  turnShape: z.string(),
  model: z.string(),
  policyId: z.string().nullable(),
  judged: z.number(),
  passed: z.number(),
  /** Corrected for how the judge errs; null where too few labels say how. */
  corrected: z.number().nullable(),
});

const labelKey = z.object({ createdAt: z.iso.datetime(), key: searchText(KEY_CHARACTERS_MAX) });

/** What people say of calls, and what it says of the judges. */
export function labelRoutes(deps: ApiDeps): ApiRoute[] {
  return [...storedLabelRoutes(deps), ...judgeRoutes(deps)];
}

function storedLabelRoutes({ database, projectId }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'POST', path: '/api/v1/labels', role: 'operator' },
      summary: 'Say of a call or a session whether the model did its work; said again, it replaces what was said',
      ...{ params: noneSchema, query: noneSchema, body: labelInputSchema, response: labelSchema },
      async handle({ body, caller }) {
        return { value: asLabel(await writeLabel(database, projectId, body, body.labeller ?? caller.name)) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/labels', role: 'viewer' },
      summary: 'Labels, newest first; notes, which may quote a call, for operators only',
      params: noneSchema,
      query: pageQuerySchema.extend({ labeller: labellerSchema.optional(), metric: labelMetricSchema.optional() }),
      ...{ body: noneSchema, response: pageOf(labelSchema) },
      async handle({ query, caller }) {
        const { limit, cursor, ...filter } = query;
        const key = decodeCursor(labelKey, cursor);
        const before = key && { createdAt: new Date(key.createdAt), key: key.key };
        const rows = await listLabels(database, projectId, { ...filter, before, limit: limit + 1 });
        const isAllowed = ROLES.indexOf(caller.role) >= ROLES.indexOf('operator');
        const asItem = (row: StoredLabel) => asLabel(isAllowed ? row : { ...row, note: null });
        return { value: toPage(rows, limit, asItem, ({ createdAt, key: at }) => ({ createdAt, key: at })) };
      },
    }),
  ];
}

function judgeRoutes({ database, projectId, now }: ApiDeps): ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/judges', role: 'viewer' },
      summary: 'How far each judge agrees with people, whether it may drive the optimizer, and whether it drifts',
      ...{ params: noneSchema, query: noneSchema, body: noneSchema },
      response: z.object({ calibrations: z.array(calibrationSchema), drift: z.array(driftSchema) }),
      async handle() {
        const [calibrations, drift] = [
          await readCalibrations(database, projectId),
          await readDrifts(database, projectId),
        ];
        return { value: { calibrations: calibrations.map(asCalibration), drift: asJson(drift) } };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/judges/rates', role: 'viewer' },
      summary: 'Pass rates by judge, turn shape, model and policy, raw and corrected for how the judge errs',
      params: noneSchema,
      query: z.object({ days: z.coerce.number().int().min(1).max(RATE_DAYS_MAX).default(30) }),
      ...{ body: noneSchema, response: z.object({ since: z.iso.datetime(), rates: z.array(rateSchema) }) },
      async handle({ query }) {
        const since = new Date(now() - query.days * DAY_MS);
        const calibrations = await readCalibrations(database, projectId);
        const rates = await readJudgedRates(database, projectId, since);
        return {
          value: { since: since.toISOString(), rates: rates.map((rate) => withCorrection(rate, calibrations)) },
        };
      },
    }),
  ];
}

function asLabel({
  passed,
  subjectType,
  subjectId,
  metric,
  labeller,
  callId,
  sessionId,
  note,
  createdAt,
}: StoredLabel) {
  const subject = { subjectType, subjectId, metric, labeller, callId, sessionId };
  return {
    ...subject,
    outcome: passed ? ('pass' as const) : ('fail' as const),
    note,
    createdAt: createdAt.toISOString(),
  };
}

function asCalibration({ map, fittedAt, ...calibration }: StoredCalibration) {
  return { ...calibration, method: map.method, fittedAt: fittedAt.toISOString() };
}

function withCorrection(rate: JudgedRate, calibrations: readonly StoredCalibration[]) {
  const own = calibrations.find(
    ({ rubric, rubricVersion, judge }) =>
      rubric === rate.rubric && rubricVersion === rate.rubricVersion && judge === rate.judge,
  );
  const { sensitivity = null, specificity = null } = own?.agreement ?? {};
  const isMeasured = sensitivity !== null && specificity !== null;
  return { ...rate, corrected: isMeasured ? trueRate(rate.passed, { sensitivity, specificity }) : null };
}
