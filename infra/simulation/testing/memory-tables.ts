import type { CompiledQuery } from 'kysely';

/** The tables that the event path writes. */
export interface Tables {
  /** Call id to its answer. */
  readonly calls: Map<string, string>;
  /** Queue and job id to call id. */
  readonly letters: Map<string, string>;
  /** Project, counting process and name to a value. */
  readonly counters: Map<string, number>;
}

/** What a statement does when its transaction commits. */
export type Change = (tables: Tables) => void;

type Row = ReadonlyMap<string, unknown>;

const NOTHING: Change = () => {};

/** Reads one of the few INSERTs that the event path makes; any other statement is a mistake in this simulation. */
export function changeOf(
  tables: Tables,
  { sql, parameters }: CompiledQuery,
): { readonly change: Change; readonly rows: readonly unknown[] } {
  const table = /^insert into "(\w+)" \(([^)]*)\) values /.exec(sql);
  if (table === null) throw new Error(`the simulation knows no such statement: ${sql.slice(0, 200)}`);
  const [head, name, columnList] = table;
  const columns = (columnList ?? '').split(', ').map((column) => column.replaceAll('"', ''));
  const valuesText = sql.slice(head.length).split(/ on conflict| returning/)[0] ?? '';
  const rows = rowsOf(columns, valuesText, parameters);
  switch (name) {
    case 'call':
      return { rows: [], change: (into) => storeCalls(into, rows) };
    case 'gateway_status':
      return { rows: [], change: NOTHING };
    case 'dead_letter':
      return keepLetters(tables, rows);
    case 'conservation_counter': {
      const isAdding = /"?value"? = "?conservation_counter"?\."?value"? \+/.test(sql);
      return { rows: [], change: (into) => writeCounters(into, rows, isAdding) };
    }
    default:
      throw new Error(`the simulation has no table ${name}`);
  }
}

/** Values in the order of the columns; a call of a function stands for itself. */
function rowsOf(columns: readonly string[], valuesText: string, parameters: readonly unknown[]): readonly Row[] {
  const tuples = valuesText.match(/\((?:[^()]|\([^()]*\))*\)/g) ?? [];
  return tuples.map((tuple) => {
    const cells = tuple.slice(1, -1).split(', ');
    return new Map(
      columns.map((column, index) => {
        const cell = cells[index] ?? '';
        return [column, cell.startsWith('$') ? parameters[Number(cell.slice(1)) - 1] : cell] as const;
      }),
    );
  });
}

function storeCalls(tables: Tables, rows: readonly Row[]): void {
  for (const row of rows) {
    const callId = String(row.get('call_id'));
    if (!tables.calls.has(callId)) tables.calls.set(callId, String(row.get('model_settings')));
  }
}

function keepLetters(tables: Tables, rows: readonly Row[]): ReturnType<typeof changeOf> {
  const [row] = rows;
  const name = `${String(row?.get('queue'))} ${String(row?.get('job_id'))}`;
  if (tables.letters.has(name)) return { rows: [], change: NOTHING };
  const callId = String(row?.get('call_id'));
  return { rows: [{ dead_letter_id: name }], change: (into) => void into.letters.set(name, callId) };
}

function writeCounters(tables: Tables, rows: readonly Row[], isAdding: boolean): void {
  for (const row of rows) {
    const name = `${String(row.get('project_id'))} ${String(row.get('gateway_id'))} ${String(row.get('name'))}`;
    const value = Number(row.get('value'));
    tables.counters.set(name, isAdding ? (tables.counters.get(name) ?? 0) + value : value);
  }
}
