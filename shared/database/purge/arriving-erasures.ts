import { sql } from 'kysely';
import { type Call, WEAK_SESSION_SOURCES } from '../../domain/call.ts';
import type { Database } from '../connect.ts';
import { insertRows } from '../insert-rows.ts';
import { type Erasure, isErased, readErasures } from './erasure.ts';

/** A call on its way into the store. */
export interface ErasableArrival {
  readonly call: Call;
  readonly transcript: { readonly continuedNode: Buffer | null; readonly responseNode: Buffer | null };
}

/** Finds among arriving calls those that somebody has asked to erase meanwhile. */
export interface ArrivingErasures {
  /** Forgets what was read under an earlier generation. */
  forget(): void;
  /**
   * Takes out the calls that are erased, and notes each of them once. For use under `holdErasures`.
   *
   * @returns the others, in their order
   */
  takeOut<Arrival extends ErasableArrival>(
    transaction: Database,
    calls: readonly Arrival[],
    projectKeyOf: (projectId: string) => Promise<Buffer>,
  ): Promise<readonly Arrival[]>;
}

export function createArrivingErasures(): ArrivingErasures {
  const known = new Map<string, readonly Erasure[]>();

  async function erasuresOf(transaction: Database, projectId: string): Promise<readonly Erasure[]> {
    const read = known.get(projectId) ?? (await readErasures(transaction, projectId));
    known.set(projectId, read);
    return read;
  }

  return {
    forget: () => known.clear(),
    async takeOut(transaction, calls, projectKeyOf) {
      const suspects = new Set<ErasableArrival>();
      const erased = new Set<ErasableArrival>();
      for (const arrival of calls) {
        const { call } = arrival;
        const erasures = await erasuresOf(transaction, call.projectId);
        if (!erasures.some(({ startedBefore }) => call.startedAt < startedBefore)) continue;
        suspects.add(arrival);
        if (isErased(await projectKeyOf(call.projectId), erasures, call)) erased.add(arrival);
      }
      if (suspects.size === 0) return calls;
      await addContinuations(transaction, suspects, erased);
      await noteErased(transaction, [...erased]);
      return calls.filter((arrival) => !erased.has(arrival));
    },
  };
}

/** Calls whose session is only guessed belong to the one that they continue, and that one may be erased. */
async function addContinuations(
  transaction: Database,
  suspects: ReadonlySet<ErasableArrival>,
  erased: Set<ErasableArrival>,
): Promise<void> {
  const guessed = [...suspects].filter(
    ({ call, transcript }) => transcript.continuedNode !== null && WEAK_SESSION_SOURCES.includes(call.sessionSource),
  );
  if (guessed.length === 0) return;
  const { rows } = await sql<{ projectId: string; node: string }>`
    SELECT DISTINCT project_id, encode(response_node, 'hex') AS node FROM erased_call
    WHERE response_node = ANY(${guessed.map(({ transcript }) => transcript.continuedNode)}::bytea[])`.execute(
    transaction,
  );
  const nodes = new Set(rows.map(({ projectId, node }) => `${projectId} ${node}`));
  const nodeOf = (projectId: string, node: Buffer | null) => `${projectId} ${node?.toString('hex') ?? ''}`;
  for (const { call, transcript } of erased) nodes.add(nodeOf(call.projectId, transcript.responseNode));
  for (const arrival of guessed.toSorted((left, right) => (left.call.callId < right.call.callId ? -1 : 1))) {
    const { call, transcript } = arrival;
    if (!nodes.has(nodeOf(call.projectId, transcript.continuedNode))) continue;
    erased.add(arrival);
    if (transcript.responseNode !== null) nodes.add(nodeOf(call.projectId, transcript.responseNode));
  }
}

/** A call that is stored already is noted by whoever removes it. */
async function noteErased(transaction: Database, erased: readonly ErasableArrival[]): Promise<void> {
  if (erased.length === 0) return;
  const stored = await transaction
    .selectFrom('call')
    .select(['callId', 'projectId'])
    .where('callId', '=', sql<string>`ANY(${erased.map(({ call }) => call.callId)}::uuid[])`)
    .execute();
  const isStored = new Set(stored.map(({ callId, projectId }) => `${callId} ${projectId}`));
  const rows = erased
    .filter(({ call }) => !isStored.has(`${call.callId} ${call.projectId}`))
    .map(({ call, transcript }) => [call.callId, call.projectId, call.source, transcript.responseNode]);
  const columns = ['call_id', 'project_id', 'source', 'response_node'];
  await insertRows(transaction, { table: 'erased_call', columns, suffix: 'ON CONFLICT DO NOTHING' }, rows);
}
