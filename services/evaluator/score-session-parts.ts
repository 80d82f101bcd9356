import { type EffortRow, readLikeEfforts, writeEfforts } from '#shared/database/effort-store.ts';
import { type StoredQualityScore, writeSessionScore } from '#shared/database/score-store.ts';
import type { OpenSession, SessionCall } from '#shared/database/session-closing.ts';
import type { Metric, Score } from '#shared/domain/score.ts';
import { meanOfMetric } from '#shared/domain/session-quality.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { describeEffort, type Effort, efficiencyOf, effortOf } from './session-effort.ts';

/** Of the rows that a closing writes; a change of how they are worked out makes a new one. */
const PARTS_VERSION = '1';
/** Metrics that a sub-agent has by its own calls. */
const AGENT_METRICS: readonly Metric[] = ['toolUse', 'taskCompletion', 'code'];
const EXPLANATION_CHARACTERS_MAX = 2_000;

/** A session as a whole, or one sub-agent of it. */
interface Part {
  /** Empty for the whole. */
  readonly agentId: string;
  readonly parentAgentId: string | null;
  readonly turnShape: string;
  readonly calls: readonly SessionCall[];
}

/**
 * Scores a session as a whole, and each of its sub-agents by its own calls. The whole counts every call once, those of
 * its sub-agents included, and takes nothing from their rows: a call that was counted in both would count twice.
 *
 * @returns the rows of the session itself, for its quality
 */
export async function scoreSessionParts(
  deps: Pick<EvaluatorDeps, 'database' | 'now'>,
  session: OpenSession,
  calls: readonly SessionCall[],
  scores: readonly StoredQualityScore[],
): Promise<readonly StoredQualityScore[]> {
  const measuredAt = new Date(deps.now());
  const parts = partsOf(session, calls).map((part) => ({ part, effort: effortOf(part.calls, scores) }));
  await writeEfforts(
    deps.database,
    parts.map(({ part, effort }) => effortRowOf(session, part, effort)),
    measuredAt,
  );
  const own: StoredQualityScore[] = [];
  for (const { part, effort } of parts) {
    const efficiency = await scoreEfficiency(deps, session, part, effort);
    const metrics = part.agentId === '' ? [] : agentMetrics(session, part, scores);
    for (const score of [...efficiency, ...metrics]) await writeSessionScore(deps.database, score, measuredAt);
    if (part.agentId === '') own.push(...efficiency);
  }
  return own;
}

function partsOf(session: OpenSession, calls: readonly SessionCall[]): readonly Part[] {
  const whole: Part = { agentId: '', parentAgentId: null, turnShape: session.turnShape, calls };
  const agents = [...Map.groupBy(calls, (call) => call.agentId)].flatMap(([agentId, members]): Part[] => {
    const [first] = members;
    if (agentId === null || agentId === '' || first === undefined) return [];
    const parentAgentId = members.find((call) => call.parentAgentId !== null)?.parentAgentId ?? null;
    return [{ agentId, parentAgentId, turnShape: first.turnShape, calls: members }];
  });
  return [whole, ...agents];
}

function effortRowOf({ projectId, sessionId }: OpenSession, part: Part, effort: Effort): EffortRow {
  const { agentId, parentAgentId, turnShape } = part;
  return { projectId, sessionId, agentId, parentAgentId, turnShape, ...effort };
}

async function scoreEfficiency(
  { database }: Pick<EvaluatorDeps, 'database'>,
  session: OpenSession,
  part: Part,
  effort: Effort,
): Promise<Score[]> {
  const { projectId, sessionId } = session;
  const { turnShape } = part;
  const isAgent = part.agentId !== '';
  const like = await readLikeEfforts(database, { projectId, turnShape, isAgent, exceptSessionId: sessionId });
  const value = efficiencyOf(effort, like);
  if (value === null) return [];
  return [rowOf(session, part, 'efficiency', value, describeEffort(effort, like))];
}

function agentMetrics(session: OpenSession, part: Part, scores: readonly StoredQualityScore[]): Score[] {
  const callIds = new Set(part.calls.map((call) => call.callId));
  const own = scores.filter((score) => score.subjectType === 'call' && callIds.has(score.callId));
  const place = part.parentAgentId === null ? 'of the session itself' : `of agent ${part.parentAgentId}`;
  return AGENT_METRICS.flatMap((metric) => {
    const value = meanOfMetric(own, metric);
    if (value === null) return [];
    return [rowOf(session, part, metric, value, `mean over ${callIds.size} calls of a sub-agent ${place}`)];
  });
}

/** A metric has neither owner nor severity: it is a number, and no check that a failure could be held against. */
function rowOf(session: OpenSession, part: Part, metric: Metric, value: number, explanation: string): Score {
  const isWhole = part.agentId === '';
  return {
    projectId: session.projectId,
    // The row is kept with the part's first call.
    callId: isWhole ? session.firstCallId : (part.calls[0]?.callId ?? session.firstCallId),
    subjectType: isWhole ? 'session' : 'agent',
    subjectId: isWhole ? session.sessionId : `${session.sessionId}/${part.agentId}`,
    scorer: metric,
    scorerVersion: PARTS_VERSION,
    pass: 'session',
    sample: 0,
    metric,
    status: 'scored',
    outcome: 'pass',
    value,
    owner: null,
    severity: null,
    confidence: null,
    samplingProbability: 1,
    evidence: [],
    explanation: explanation.slice(0, EXPLANATION_CHARACTERS_MAX),
    judge: null,
    costUsd: 0,
  };
}
