import * as z from 'zod';
import { contentHash } from '#shared/content-hash.ts';
import { writeTriageModel } from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { findLabelsWithoutFeatures, readLabelledFeatures, writeLabelFeatures } from '#shared/database/label-store.ts';
import { loadCall } from '#shared/database/load-call.ts';
import { readSessionScores } from '#shared/database/score-store.ts';
import { readSessionCalls } from '#shared/database/session-closing.ts';
import { createScoringSubject } from '../scorers/scoring-subject.ts';
import { fitTriageModel } from './fit-triage-model.ts';
import { triageSubject } from './triage-call.ts';
import { triageFeatures } from './triage-features.ts';
import type { TriageModel } from './triage-model.ts';
import { countStoredChecks } from './triage-session.ts';

/** Labelled sessions from which a project's own weights are better than those that we ship. */
export const TRIAGE_LABELS_MIN = 200;
/** Of the rarer of the two outcomes. */
const RARER_MIN = 30;
/** Calls whose content is read in one run. */
const LABELS_PER_RUN_MAX = 1_000;

const featuresSchema = z.record(z.string(), z.number());

/**
 * Writes down what triage sees of newly labelled sessions, while their content is there, and fits the project's own
 * weights once there are enough of them.
 *
 * @returns the new model, or null while the shipped one is better
 */
export async function refitTriage(
  { database, now }: { readonly database: Database; readonly now: () => number },
  projectId: string,
): Promise<TriageModel | null> {
  for (const { callId, sessionId } of await findLabelsWithoutFeatures(database, projectId, LABELS_PER_RUN_MAX)) {
    await writeLabelFeatures(database, projectId, callId, await featuresOf(database, projectId, { callId, sessionId }));
  }
  const labelled = await readLabelledFeatures(database, projectId);
  const examples = labelled.flatMap(({ sessionId, passed, features }) => {
    const parsed = featuresSchema.safeParse(features);
    const isKnown = parsed.success && Object.keys(parsed.data).length > 0;
    return isKnown ? [{ features: parsed.data, label: passed ? (1 as const) : (0 as const), group: sessionId }] : [];
  });
  const passed = examples.filter(({ label }) => label === 1).length;
  if (examples.length < TRIAGE_LABELS_MIN || Math.min(passed, examples.length - passed) < RARER_MIN) return null;
  const fitted = fitTriageModel(examples, { version: '', source: 'labels of the project' });
  const model = { ...fitted, version: `triage-${contentHash(fitted).slice(0, 8)}` };
  await writeTriageModel(database, projectId, model, new Date(now()));
  return model;
}

/** Nothing for a call whose content is gone: it is not asked for again. */
async function featuresOf(
  database: Database,
  projectId: string,
  { callId, sessionId }: { readonly callId: string; readonly sessionId: string },
): Promise<Readonly<Record<string, number>>> {
  const stored = await loadCall(database, projectId, callId);
  if (stored === null) return {};
  const callIds = (await readSessionCalls(database, projectId, sessionId)).map((call) => call.callId);
  const checks = countStoredChecks(await readSessionScores(database, projectId, sessionId, callIds));
  const triaged = triageSubject('call', createScoringSubject(stored, null), checks);
  return triaged === null ? {} : triageFeatures(triaged);
}
