import { SCORERS } from '../../../services/evaluator/scorers/registry.ts';
import { createScoringSubject, type ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import {
  plantBadId,
  plantContradiction,
  plantLanguage,
  plantReask,
  plantRefusal,
  plantStopReason,
  plantStream,
  plantTruncation,
  plantUngrounded,
  plantUsage,
} from './plant-in-reply.ts';
import {
  messagesOf,
  ofType,
  type Planter,
  plantErrorIgnored,
  plantFailingCall,
  plantIdMismatch,
  plantLoop,
  plantOpenTodos,
  plantOrphan,
  plantRedundantRead,
  plantResultIgnored,
  plantResultOrder,
} from './plant-in-request.ts';
import { callsOf, type RecordedSession, readRecordedSessions } from './recorded-sessions.ts';

/** How many faults of one kind were planted, and what the scorer of that kind made of them. */
export interface PlantedCount {
  /** The id of the scorer. */
  readonly kind: string;
  readonly planted: number;
  readonly found: number;
  /** Of those found, how many were blamed on the one whose fault it is. */
  readonly ownerRight: number;
}

const PLANTED_MAX = 300;
/** A kind with fewer places than this has a second fault of its kind planted in each. */
const PLANTED_MIN = 100;
const SEED = 51_007;

const PLANTERS: Readonly<Record<string, Planter>> = {
  ungrounded_literal: plantUngrounded,
  id_missing_or_duplicate: plantBadId,
  id_mismatch: plantIdMismatch,
  orphan_tool_use: plantOrphan,
  result_order_or_role: plantResultOrder,
  stop_reason_inconsistent: plantStopReason,
  truncated_output: plantTruncation,
  usage_inconsistent: plantUsage,
  stream_mismatch: plantStream,
  failing_call_repeated: plantFailingCall,
  loop_cycle: plantLoop,
  redundant_read: plantRedundantRead,
  error_ignored: plantErrorIgnored,
  result_ignored: plantResultIgnored,
  result_contradicted: plantContradiction,
  premature_end: plantOpenTodos,
  user_reask: plantReask,
  refusal_or_empty: plantRefusal,
  language_drift: plantLanguage,
};

/** A call that was missed or blamed on another, for whoever wants to know why. */
type OnMiss = (kind: string, content: ScoredContent, next: ScoredContent['request']) => void;

/** Plants every kind of sequence fault in recorded runs of tau2-bench, and counts what its scorer finds. */
export function plantedSequenceCounts(dataFolder: string, onMiss: OnMiss = () => undefined): readonly PlantedCount[] {
  const sessions = readRecordedSessions(dataFolder).filter(({ set }) => set === 'tau2');
  return Object.entries(PLANTERS).map(([kind, planter], index) =>
    countKind(kind, planter, sessions, SEED + index, onMiss),
  );
}

function countKind(
  kind: string,
  planter: Planter,
  sessions: readonly RecordedSession[],
  seed: number,
  onMiss: OnMiss,
): PlantedCount {
  const scorer = SCORERS.find(({ id }) => id === kind);
  if (scorer === undefined) throw new Error(`there is no scorer ${kind}`);
  const run = (content: ScoredContent, next: ScoredContent['request']) =>
    scorer.score(createScoringSubject(content, next === null ? null : { request: next }));
  const random = createSeededRandom(seed);
  const count = { planted: 0, found: 0, ownerRight: 0 };
  for (const { content, next, foreignResult, round } of sites(sessions)) {
    if (count.planted >= (round === 0 ? PLANTED_MAX : PLANTED_MIN)) break;
    const planted = planter({ content, next, random, foreignResult });
    // Where the fault was there before, nothing is planted.
    if (planted === null || run(content, next).outcome === 'fail') continue;
    const result = run(planted.content, planted.next);
    count.planted += 1;
    count.found += result.outcome === 'fail' ? 1 : 0;
    count.ownerRight += result.outcome === 'fail' && result.owner === planted.owner ? 1 : 0;
    if (result.outcome !== 'fail' || result.owner !== planted.owner) onMiss(kind, planted.content, planted.next);
  }
  return { kind, ...count };
}

/** Calls of all runs in turns, so that every kind is planted in as many different runs as there are. */
function* sites(sessions: readonly RecordedSession[]) {
  const calls = sessions.map((session) => ({
    calls: callsOf(session),
    foreignResult: foreignResultFor(session, sessions),
  }));
  const longest = Math.max(...calls.map((session) => session.calls.length));
  for (let step = 0; step < 2 * longest; step += 1) {
    for (const { calls: ofSession, foreignResult } of calls) {
      const call = ofSession[step % longest];
      if (call !== undefined) yield { ...call, foreignResult, round: Math.floor(step / longest) };
    }
  }
}

const domainOf = ({ id }: RecordedSession) => /_(airline|retail|telecom)/.exec(id)?.[1] ?? '';

/** The longest record that a run of another domain has read. */
function foreignResultFor(session: RecordedSession, sessions: readonly RecordedSession[]): string {
  const other = sessions.find((candidate) => domainOf(candidate) !== domainOf(session));
  const results =
    other === undefined
      ? []
      : messagesOf({ messages: other.messages }).flatMap(({ content }) => ofType(content, 'tool_result'));
  return results
    .map((block) => String(block['content']))
    .reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}
