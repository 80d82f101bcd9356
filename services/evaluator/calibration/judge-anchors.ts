import { DRIFT_START, stepDrift } from '#shared/calibration/agreement-drift.ts';
import {
  type Anchor,
  countNight,
  dropAnchor,
  fillAnchors,
  readAnchors,
  readDriftState,
  readNight,
  writeAnchorVerdict,
  writeDrift,
} from '#shared/database/anchor-store.ts';
import { appendAudit } from '#shared/database/audit-log.ts';
import type { JudgeVersion } from '#shared/database/calibration-store.ts';
import { loadCall, type StoredCall } from '#shared/database/load-call.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';
import { judgeDepsOf } from '../judge-deps.ts';
import type { JudgePanel } from '../judge-panel.ts';
import { askJudge } from '../scorers/judge/ask-judges.ts';
import { decideVerdict } from '../scorers/judge/decide-verdict.ts';
import { renderTranscript } from '../scorers/judge/render-transcript.ts';
import type { Rubric } from '../scorers/judge/rubric.ts';
import { RUBRICS } from '../scorers/judge/rubrics/rubrics.ts';

/** Fixed records of each rubric: enough to see a judge change within days, and cents a night. */
export const ANCHORS_MAX = 50;
/** Fewer say nothing of a judge. */
const ANCHORS_MIN = 10;
/** False alarms that are accepted, per judge and rubric. */
const FALSE_ALARMS_PER_MONTH = 0.1;
/** Disagreement with people that is nobody's drift: what the judge had on the first night, and never less than this. */
const DISAGREEMENT_MIN = 0.1;
const DISAGREEMENT_MAX = 0.5;

/** What is not asked from memory: the point is whether the judge says the same again. */
const NO_CACHE = { read: async () => null, write: async () => undefined };

/**
 * Has every judge look at the anchors again, and steps its watch. A night that is cut short is gone on with; one that is
 * done is not done twice.
 *
 * @param night `YYYY-MM-DD`
 * @returns the judges whose alarm went off
 */
export async function judgeAnchors(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  at: { readonly projectId: string; readonly night: string },
  signal: AbortSignal,
): Promise<readonly JudgeVersion[]> {
  const alarmed: JudgeVersion[] = [];
  for (const rubric of Object.values(RUBRICS)) {
    const subjectType = rubric.metric === 'taskCompletion' ? 'session' : 'call';
    await fillAnchors(
      deps.database,
      at.projectId,
      { rubric: rubric.id, metric: rubric.metric, subjectType },
      ANCHORS_MAX,
    );
    const anchors = await readAnchors(deps.database, at.projectId, rubric.id);
    if (anchors.length < ANCHORS_MIN) continue;
    for (const { llm } of panel.judges) {
      const version = { rubric: rubric.id, rubricVersion: rubric.version, judge: llm.model };
      const known = await readNight(deps.database, at.projectId, version, at.night);
      const open = anchors.filter(({ subjectType: type, subjectId }) => !known.has(`${type} ${subjectId}`));
      for (const anchor of open) {
        signal.throwIfAborted();
        await judgeAnchor(deps, panel, { ...at, llm, rubric, anchor, version }, signal);
      }
      if (await stepWatch(deps, at, version)) alarmed.push(version);
    }
  }
  return alarmed;
}

interface AnchorTask {
  readonly projectId: string;
  readonly night: string;
  readonly llm: Llm;
  readonly rubric: Rubric;
  readonly anchor: Anchor;
  readonly version: JudgeVersion;
}

async function judgeAnchor(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  { projectId, night, llm, rubric, anchor, version }: AnchorTask,
  signal: AbortSignal,
): Promise<void> {
  const stored = await loadCall(deps.database, projectId, anchor.callId);
  if (stored?.request == null) return await dropAnchor(deps.database, projectId, anchor);
  const passed = await passes(deps, panel, { stored, request: stored.request, llm, rubric }, signal);
  await writeAnchorVerdict(deps.database, projectId, version, night, { anchor, passed });
}

/** Null where the judge gives no verdict: that is no disagreement. */
async function passes(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  subject: {
    readonly stored: StoredCall;
    readonly request: NonNullable<StoredCall['request']>;
    readonly llm: Llm;
    readonly rubric: Rubric;
  },
  signal: AbortSignal,
): Promise<boolean | null> {
  const { stored, request, llm, rubric } = subject;
  const transcript = renderTranscript(request, stored.response);
  const asking = { ...(await judgeDepsOf(deps, panel, stored.call)), cache: NO_CACHE };
  const judgement = await askJudge(asking, llm, { rubric, transcript, draw: 0 }, signal);
  if (judgement.type !== 'judged') return null;
  const { outcome } = decideVerdict(rubric, judgement.verdict, transcript);
  return outcome === 'unknown' ? null : outcome === 'pass';
}

async function stepWatch(
  deps: EvaluatorDeps,
  { projectId, night }: { readonly projectId: string; readonly night: string },
  version: JudgeVersion,
): Promise<boolean> {
  const before = await readDriftState(deps.database, projectId, version);
  if (before !== null && before.night >= night) return false;
  const counts = await countNight(deps.database, projectId, version, night);
  if (counts.anchors < ANCHORS_MIN) return false;
  const first = counts.disagreed / counts.anchors;
  const allowed = before?.state.disagreementMax ?? Math.min(DISAGREEMENT_MAX, Math.max(DISAGREEMENT_MIN, first));
  const options = { disagreementMax: allowed, falseAlarmsPerMonth: FALSE_ALARMS_PER_MONTH };
  const step = stepDrift(before?.state ?? DRIFT_START, counts, options);
  const state = { ...step.state, disagreementMax: allowed };
  const alarmAt = step.alarm ? new Date(deps.now()) : null;
  const written = await writeDrift(deps.database, projectId, version, {
    ...counts,
    night,
    state,
    level: step.level,
    alarmAt,
  });
  if (!written || !step.alarm) return false;
  await raiseAlarm(deps, projectId, version, { ...counts, night });
  return true;
}

async function raiseAlarm(
  deps: EvaluatorDeps,
  projectId: string,
  version: JudgeVersion,
  counts: { readonly night: string; readonly anchors: number; readonly disagreed: number },
): Promise<void> {
  deps.log.warn(
    { ...version, ...counts },
    'a judge no longer agrees with its anchors: it drives nothing until it is fitted anew',
  );
  await appendAudit(deps.database, {
    projectId,
    action: 'alarm.raised',
    actor: 'evaluator',
    subject: `judge ${version.judge}`,
    reason: 'it no longer agrees with its anchors',
    details: { ...version, ...counts },
  });
}
