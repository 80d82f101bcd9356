import { LRUCache } from 'lru-cache';
import type { StoredCall } from '#shared/database/load-call.ts';
import { noteServedModel } from '#shared/database/served-model-store.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';

type WatchDeps = Pick<EvaluatorDeps, 'database' | 'log' | 'metrics'>;

/** How long what was noted is believed to be there: a model is noted once in this time, not with every call. */
const NOTED_MS = 10 * 60_000;
const NOTED_MAX = 5_000;
/** Where upstreams of OpenAI's family name the build that answered. */
const FINGERPRINT = /"system_fingerprint"\s*:\s*"([^"\\]{1,200})"/;

/** What was noted lately, per database: several of them may be watched by one process. */
const noted = new WeakMap<object, LRUCache<string, true>>();

/**
 * Notes which model an upstream says it served. One that differs from what it served before is an event of the audit
 * log, a warning in the log, a count in the metrics, and a cut in what the optimizer knows of the model.
 */
export async function watchServedModel(deps: WatchDeps, { call, upstreamRaw }: StoredCall): Promise<void> {
  const { projectId, provider, responseModel } = call;
  if (provider === null || responseModel === null || responseModel === '') return;
  const model = call.attempts.at(-1)?.model ?? call.requestModel;
  const fingerprint = upstreamRaw === null ? '' : (FINGERPRINT.exec(upstreamRaw)?.[1] ?? '');
  const key = JSON.stringify([projectId, provider, model, responseModel, fingerprint]);
  const lately = notedLately(deps.database);
  if (lately.has(key)) return;
  const servedAt = new Date(call.startedAt);
  const change = await noteServedModel(
    deps.database,
    { projectId, provider, model, served: responseModel, fingerprint, servedAt, callId: call.callId },
    'evaluator:served-model',
  );
  lately.set(key, true);
  if (change === null) return;
  deps.metrics.servedModelChanges.inc({ model });
  deps.log.warn(
    { projectId, provider, model, served: responseModel, fingerprint, ...change, callId: call.callId },
    'the upstream answers as another model than before; what was observed until now no longer counts',
  );
}

function notedLately(database: object): LRUCache<string, true> {
  const known = noted.get(database);
  if (known !== undefined) return known;
  const lately = new LRUCache<string, true>({ max: NOTED_MAX, ttl: NOTED_MS });
  noted.set(database, lately);
  return lately;
}
