import {
  CamelCasePlugin,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { CallStore, StoredCallRef } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { Tables } from '#shared/database/tables.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ScoreQueue } from '#shared/spool/score-jobs-of.ts';
import { type Change, changeOf, type Tables as MemoryTables } from './memory-tables.ts';
import type { Life, Schedule } from './schedule.ts';

export interface StoreFaults {
  /** Of operations that fail before they did anything, and of those that were done and whose answer is lost. */
  readonly errorShare: number;
  readonly slowShare: number;
}

const SLOW_MS = 900;

/** PostgreSQL and the queue, as far as the event path uses them: what is committed stays, whoever is killed. */
export class MemoryStore {
  readonly tables: MemoryTables = { calls: new Map(), letters: new Map(), counters: new Map() };
  /** Ids of jobs, as often as they were added. */
  readonly jobs: string[] = [];
  /** Calls that no store takes. */
  readonly refused: ReadonlySet<string>;
  faults: StoreFaults;
  isDown = false;
  /** Operations that failed, or whose answer was lost: after those, work is repeated. */
  failures = 0;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule, refused: ReadonlySet<string>, faults: StoreFaults) {
    this.#schedule = schedule;
    this.refused = refused;
    this.faults = faults;
  }

  /** A pool of connections of one life of a process. */
  databaseFor(life: Life): Database {
    return new Kysely<Tables>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => this.#driver(life),
        createIntrospector: () => {
          throw new Error('there is nothing to look into');
        },
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    });
  }

  /** Stores calls under their ids, once, in one transaction with what else belongs into it. */
  callStoreFor(database: Database): CallStore {
    return {
      store: async (records, within) =>
        await database.transaction().execute(async (transaction) => {
          const refs: StoredCallRef[] = records.map(({ call }) => ({
            ...call,
            isNew: !this.tables.calls.has(call.callId),
          }));
          const poison = records.find(({ call }) => this.refused.has(call.callId));
          if (poison !== undefined) throw new TrimtabError('invalid_request', 'no store takes this');
          for (const { call, response } of records) {
            await transaction
              .insertInto('call')
              .values({ callId: call.callId, modelSettings: textOf(response) } as never)
              .execute();
          }
          await within?.(transaction, refs);
          return refs;
        }),
    };
  }

  queueFor(life: Life): ScoreQueue {
    return {
      addBulk: (jobs) => this.#act(life, () => void this.jobs.push(...jobs.map(({ id }) => id))),
    };
  }

  #driver(life: Life): Driver {
    const changes = new Map<DatabaseConnection, Change[]>();
    const commit = (connection: DatabaseConnection) => {
      for (const change of changes.get(connection)?.splice(0) ?? []) change(this.tables);
    };
    const connect = (): DatabaseConnection => {
      const connection: DatabaseConnection = {
        executeQuery: <Row>(query: CompiledQuery): Promise<QueryResult<Row>> =>
          this.#act(life, () => {
            const { change, rows } = changeOf(this.tables, query);
            const waiting = changes.get(connection);
            if (waiting === undefined) change(this.tables);
            else waiting.push(change);
            return { rows: rows as Row[] };
          }),
        async *streamQuery() {
          yield await Promise.reject(new Error('nothing is streamed'));
        },
      };
      return connection;
    };
    return {
      init: async () => {},
      acquireConnection: async () => connect(),
      beginTransaction: (connection) => this.#act(life, () => void changes.set(connection, [])),
      commitTransaction: (connection) => this.#act(life, () => commit(connection)),
      rollbackTransaction: async (connection) => void changes.get(connection)?.splice(0),
      releaseConnection: async () => {},
      destroy: async () => {},
    };
  }

  async #act<T>(life: Life, work: () => T): Promise<T> {
    const { errorShare, slowShare } = this.faults;
    await this.#schedule.turn(life, this.#schedule.chance(slowShare) ? SLOW_MS : 0);
    const isFailing = this.isDown || this.#schedule.chance(errorShare);
    const isAnswerLost = isFailing && !this.isDown && this.#schedule.chance(0.5);
    if (isFailing) this.failures += 1;
    const answer = isFailing && !isAnswerLost ? null : work();
    if (isFailing || answer === null) throw Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
    return answer;
  }
}

function textOf(response: unknown): string {
  return typeof response === 'string' ? response : JSON.stringify(response);
}
