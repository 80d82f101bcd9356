import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { type EffortRow, readEfforts } from './effort-store.ts';

type Effort = Omit<EffortRow, 'projectId' | 'sessionId' | 'agentId' | 'parentAgentId' | 'turnShape'>;

/** One number of a session, or of a sub-agent. */
export interface PartScore {
  readonly metric: string;
  readonly scorer: string;
  readonly status: string;
  readonly value: number | null;
  readonly explanation: string | null;
}

/** A sub-agent, and how deep it stands under the session. */
export interface AgentScores {
  readonly agentId: string;
  readonly parentAgentId: string | null;
  /** 0 for those that the session itself started. */
  readonly depth: number;
  /** By its own calls. */
  readonly effort: Effort;
  /** With those of all agents below it; every call is in it once. */
  readonly effortWithAgents: Effort;
  readonly scores: readonly PartScore[];
}

export interface SessionScores {
  readonly sessionId: string;
  readonly quality: number | null;
  readonly closedAt: Date | null;
  readonly turnShape: string;
  /** Of all calls, those of sub-agents included; null until the session is closed. */
  readonly effort: Effort | null;
  readonly scores: readonly PartScore[];
  /** Each followed by those that it started. */
  readonly agents: readonly AgentScores[];
}

/** The scores of a session with those of its sub-agents, or null when there is no such session. */
export async function readSessionScoreTree(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<SessionScores | null> {
  const session = await database
    .selectFrom('session')
    .select(['sessionId', 'quality', 'closedAt', 'turnShape', 'firstCallId'])
    .where('projectId', '=', projectId)
    .where('sessionId', '=', storableText(sessionId))
    .executeTakeFirst();
  if (session === undefined) return null;
  const efforts = await readEfforts(database, projectId, sessionId);
  const subjects = new Map([
    [session.sessionId, ''],
    ...efforts
      .filter(({ agentId }) => agentId !== '')
      .map(({ agentId }) => [`${session.sessionId}/${agentId}`, agentId] as const),
  ]);
  const rows = await database
    .selectFrom('score')
    .select(['subjectId', 'metric', 'scorer', 'status', 'value', 'explanation'])
    .where('projectId', '=', projectId)
    .where('callId', '>=', session.firstCallId)
    .where('subjectType', 'in', ['session', 'agent'])
    .where('subjectId', 'in', [...subjects.keys()])
    .orderBy('metric')
    .orderBy('scorer')
    .execute();
  const scores = Map.groupBy(
    rows.map(({ subjectId, ...score }) => ({ agentId: subjects.get(subjectId) ?? '', score })),
    ({ agentId }) => agentId,
  );
  const scoresOf = (agentId: string) => (scores.get(agentId) ?? []).map(({ score }) => score);
  const whole = efforts.find(({ agentId }) => agentId === '');
  return {
    ...{ sessionId, quality: session.quality, closedAt: session.closedAt, turnShape: session.turnShape },
    effort: whole === undefined ? null : effortOf(whole),
    scores: scoresOf(''),
    agents: agentsUnder(
      { parent: null, depth: 0 },
      efforts.filter(({ agentId }) => agentId !== ''),
      scoresOf,
    ),
  };
}

/** Agents whose parent is not known, or is in a circle with them, stand under the session itself. */
function agentsUnder(
  { parent, depth }: { readonly parent: string | null; readonly depth: number },
  efforts: readonly EffortRow[],
  scoresOf: (agentId: string) => readonly PartScore[],
): readonly AgentScores[] {
  const parentOf = (row: EffortRow) =>
    efforts.some(({ agentId }) => agentId === row.parentAgentId) && reachesRoot(row, efforts)
      ? row.parentAgentId
      : null;
  const members = efforts.filter((row) => parentOf(row) === parent);
  return members.flatMap((row) => {
    const below = agentsUnder({ parent: row.agentId, depth: depth + 1 }, efforts, scoresOf);
    const started = below.filter((agent) => agent.depth === depth + 1);
    const effort = effortOf(row);
    const effortWithAgents = started.map((agent) => agent.effortWithAgents).reduce(plus, effort);
    const { agentId } = row;
    return [{ agentId, parentAgentId: parent, depth, effort, effortWithAgents, scores: scoresOf(agentId) }, ...below];
  });
}

function reachesRoot(row: EffortRow, efforts: readonly EffortRow[]): boolean {
  const seen = new Set<string>();
  for (let at: EffortRow | undefined = row; at !== undefined; ) {
    if (seen.has(at.agentId)) return false;
    seen.add(at.agentId);
    const { parentAgentId }: EffortRow = at;
    at = efforts.find(({ agentId }) => agentId === parentAgentId);
  }
  return true;
}

function effortOf({ calls, tokens, redundantReads, repeatedCalls, failedCalls, wastedCalls }: EffortRow): Effort {
  return { calls, tokens, redundantReads, repeatedCalls, failedCalls, wastedCalls };
}

function plus(left: Effort, right: Effort): Effort {
  return {
    calls: left.calls + right.calls,
    tokens: left.tokens + right.tokens,
    redundantReads: left.redundantReads + right.redundantReads,
    repeatedCalls: left.repeatedCalls + right.repeatedCalls,
    failedCalls: left.failedCalls + right.failedCalls,
    wastedCalls: left.wastedCalls + right.wastedCalls,
  };
}
