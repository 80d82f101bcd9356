import { type EffortRow, readLikeEfforts, writeEfforts } from '#shared/database/effort-store.ts';
import { type StoredQualityScore, writeSessionScores } from '#shared/database/score-store.ts';
import type { OpenSession, SessionCall } from '#shared/database/session-closing.ts';
import type { Metric, Score } from '#shared/domain/score.ts';
import { meanOfMetric } from '#shared/domain/session-quality.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { describeEffort, type Effort, efficiencyOf, effortOf, type LikeSessions } from './session-effort.ts';

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
  /** Those of its calls; the whole's have the session's own among them. */
  readonly scores: readonly StoredQualityScore[];
}

/**
 * Scores a session as a whole, and each of its sub-agents by its own calls. The whole counts every call once, those of
 * its sub-agents included, and takes nothing from their rows: a call that was counted in both would count twice.
 *
 * @returns the rows of the session itself, for its quality
 * @throws the signal's reason when it aborts
 */
export async function scoreSessionParts(
  deps: Pick<EvaluatorDeps, 'database' | 'now'>,
  session: OpenSession,
  calls: readonly SessionCall[],
  scores: readonly StoredQualityScore[],
  signal?: AbortSignal,
): Promise<readonly StoredQualityScore[]> {
  const measuredAt = new Date(deps.now());
  const measured = partsOf(session, calls, scores).map((part) => ({ part, effort: effortOf(part.calls, part.scores) }));
  await writeEfforts(
    deps.database,
    measured.map(({ part, effort }) => effortRowOf(session, part, effort)),
    measuredAt,
  );
  const likeOf = createLikeReader(deps, session);
  const rows: Score[] = [];
  const own: StoredQualityScore[] = [];
  for (const { part, effort } of measured) {
    signal?.throwIfAborted();
    const efficiency = scoreEfficiency(session, part, effort, await likeOf(part));
    rows.push(...efficiency, ...(isAgent(part) ? agentMetrics(session, part) : []));
    if (!isAgent(part)) own.push(...efficiency);
  }
  await writeSessionScores(deps.database, rows, measuredAt, signal);
  return own;
}

/** What like sessions, or like sub-agents, took: read once for each kind, of which thousands of sub-agents have few. */
function createLikeReader({ database }: Pick<EvaluatorDeps, 'database'>, { projectId, sessionId }: OpenSession) {
  const known = new Map<string, Promise<LikeSessions | null>>();
  return (part: Part): Promise<LikeSessions | null> => {
    const kind = `${isAgent(part)} ${part.turnShape}`;
    const like = { projectId, turnShape: part.turnShape, isAgent: isAgent(part), exceptSessionId: sessionId };
    const read = known.get(kind) ?? readLikeEfforts(database, like);
    known.set(kind, read);
    return read;
  };
}

function isAgent(part: Part): boolean {
  return part.agentId !== '';
}

function partsOf(
  session: OpenSession,
  calls: readonly SessionCall[],
  scores: readonly StoredQualityScore[],
): readonly Part[] {
  const whole: Part = { agentId: '', parentAgentId: null, turnShape: session.turnShape, calls, scores };
  const scoresOf = Map.groupBy(scores, (score) => score.callId);
  const agents = [...Map.groupBy(calls, (call) => call.agentId)].flatMap(([agentId, members]): Part[] => {
    const [first] = members;
    if (agentId === null || agentId === '' || first === undefined) return [];
    const parentAgentId = members.find((call) => call.parentAgentId !== null)?.parentAgentId ?? null;
    const own = members.flatMap(({ callId }) => scoresOf.get(callId) ?? []);
    return [{ agentId, parentAgentId, turnShape: first.turnShape, calls: members, scores: own }];
  });
  return [whole, ...agents];
}

function effortRowOf({ projectId, sessionId }: OpenSession, part: Part, effort: Effort): EffortRow {
  const { agentId, parentAgentId, turnShape } = part;
  return { projectId, sessionId, agentId, parentAgentId, turnShape, ...effort };
}

function scoreEfficiency(session: OpenSession, part: Part, effort: Effort, like: LikeSessions | null): Score[] {
  const value = efficiencyOf(effort, like);
  if (value === null) return [];
  return [rowOf(session, part, 'efficiency', value, describeEffort(effort, like))];
}

function agentMetrics(session: OpenSession, part: Part): Score[] {
  const own = part.scores.filter((score) => score.subjectType === 'call');
  const place = part.parentAgentId === null ? 'of the session itself' : `of agent ${part.parentAgentId}`;
  return AGENT_METRICS.flatMap((metric) => {
    const value = meanOfMetric(own, metric);
    if (value === null) return [];
    return [rowOf(session, part, metric, value, `mean over ${part.calls.length} calls of a sub-agent ${place}`)];
  });
}

/** A metric has neither owner nor severity: it is a number, and no check that a failure could be held against. */
function rowOf(session: OpenSession, part: Part, metric: Metric, value: number, explanation: string): Score {
  const isWhole = !isAgent(part);
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
