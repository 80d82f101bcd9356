import { coalesce } from '#shared/database/coalesce.ts';
import type { Database } from '#shared/database/connect.ts';
import { type ClientRetry, findClientRetries } from '#shared/database/find-client-retries.ts';
import { type CallQuestion, type LoadedCall, loadCalls } from '#shared/database/load-call.ts';
import { recordScorings, type Scoring } from '#shared/database/record-scorings.ts';
import type { Recorded } from '#shared/database/score-store.ts';

/** What scoring a call reads and writes, for all the jobs of this process together. */
export interface ScoringStore {
  load(question: AskedCall & CallQuestion): Promise<LoadedCall>;
  /** What its client did instead of going on; null when it asked nothing again. */
  findRetry(call: AskedCall): Promise<ClientRetry | null>;
  record(scoring: Scoring): Promise<Recorded>;
}

interface AskedCall {
  readonly projectId: string;
  readonly callId: string;
}

const stores = new WeakMap<Database, ScoringStore>();

/**
 * The store of a database. What jobs that run side by side ask for goes over in one statement: each by itself, the way
 * to the database and back took more of both sides than the scoring between.
 */
export function scoringStoreOf(database: Database): ScoringStore {
  const known = stores.get(database);
  if (known !== undefined) return known;
  const store: ScoringStore = {
    load: coalesce((questions) =>
      byProject(questions, async (projectId, members) => await loadCalls(database, projectId, members)),
    ),
    findRetry: coalesce((calls) =>
      byProject(
        calls,
        async (projectId, members) =>
          await findClientRetries(
            database,
            projectId,
            members.map(({ callId }) => callId),
          ),
      ),
    ),
    record: coalesce((scorings) => recordScorings(database, scorings)),
  };
  stores.set(database, store);
  return store;
}

/** Does the work for each project apart, and puts the answers into the order of the questions. */
async function byProject<Question extends AskedCall, Answer>(
  questions: readonly Question[],
  work: (projectId: string, members: readonly Question[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const answers = new Map<Question, Answer>();
  for (const [projectId, members] of Map.groupBy(questions, (question) => question.projectId)) {
    const some = await work(projectId, members);
    for (const [index, member] of members.entries()) answers.set(member, some[index] as Answer);
  }
  return questions.map((question) => answers.get(question) as Answer);
}
