import type { StratifiedRows } from './mantel-haenszel.ts';

/** Cells as columns of numbers, so that hundreds of comparisons over them are cheap. */
export interface AttributionTable<Dimension extends string> {
  readonly session: Int32Array;
  readonly eligible: Float64Array;
  readonly failures: Float64Array;
  /** What stands in a column where the value is not known. */
  readonly unknown: number;
  /** The codes of a dimension, row by row. */
  columnOf(dimension: Dimension): Int32Array;
  codeOf(dimension: Dimension, value: string): number;
  valuesOf(dimension: Dimension): readonly string[];
  /** Rows where the tested dimension is known, with strata by other dimensions, without those of another value. */
  rowsFor(
    tested: { readonly dimension: Dimension; readonly value: string },
    strata: readonly Dimension[],
    without?: { readonly dimension: Dimension; readonly value: string },
  ): StratifiedRows;
  /** Values of another dimension that hold at least this share of the calls with the tested value. */
  valuesWithin(
    tested: { readonly dimension: Dimension; readonly value: string },
    other: Dimension,
    shareMin: number,
  ): readonly string[];
}

interface Cell<Dimension extends string> {
  readonly sessionId: string;
  readonly values: Readonly<Partial<Record<Dimension, string>>>;
  readonly eligible: number;
  readonly failures: number;
}

const UNKNOWN = 0;

export function attributionTable<Dimension extends string>(
  cells: readonly Cell<Dimension>[],
  dimensions: readonly Dimension[],
): AttributionTable<Dimension> {
  const columns = new Map(dimensions.map((dimension) => [dimension, encode(cells, (cell) => cell.values[dimension])]));
  const columnOf = (dimension: Dimension) => columns.get(dimension)?.codes ?? new Int32Array(cells.length);
  const valuesOf = (dimension: Dimension) => columns.get(dimension)?.values ?? [];
  const codeOf = (dimension: Dimension, value: string) => valuesOf(dimension).indexOf(value) + 1;
  const session = encode(cells, (cell) => cell.sessionId).codes;
  const eligible = Float64Array.from(cells, (cell) => cell.eligible);
  const failures = Float64Array.from(cells, (cell) => cell.failures);
  return {
    ...{ session, eligible, failures, unknown: UNKNOWN, columnOf, codeOf, valuesOf },
    rowsFor(tested, strata, without) {
      const [column, own] = [columnOf(tested.dimension), codeOf(tested.dimension, tested.value)];
      const left = without === undefined ? null : columnOf(without.dimension);
      const leftCode = without === undefined ? -1 : codeOf(without.dimension, without.value);
      const rows = new Int32Array(column.length);
      const isExposed = new Uint8Array(column.length);
      const kept = { session: new Int32Array(column.length), eligible: eligible.slice(), failures: failures.slice() };
      let count = 0;
      for (let row = 0; row < column.length; row += 1) {
        if (column[row] === UNKNOWN || left?.[row] === leftCode) continue;
        rows[count] = row;
        isExposed[count] = column[row] === own ? 1 : 0;
        kept.session[count] = session[row] ?? 0;
        kept.eligible[count] = eligible[row] ?? 0;
        kept.failures[count] = failures[row] ?? 0;
        count += 1;
      }
      const columns = strata.map((each) => ({ codes: columnOf(each), size: valuesOf(each).length + 1 }));
      return {
        stratum: strataOf(rows.subarray(0, count), columns),
        session: kept.session.subarray(0, count),
        isExposed: isExposed.subarray(0, count),
        eligible: kept.eligible.subarray(0, count),
        failures: kept.failures.subarray(0, count),
      };
    },
    valuesWithin(tested, other, shareMin) {
      const [column, own] = [columnOf(tested.dimension), codeOf(tested.dimension, tested.value)];
      const calls = new Float64Array(valuesOf(other).length + 1);
      let sum = 0;
      columnOf(other).forEach((code, row) => {
        if (column[row] !== own) return;
        calls[code] = (calls[code] ?? 0) + (eligible[row] ?? 0);
        sum += eligible[row] ?? 0;
      });
      return valuesOf(other).filter((_value, index) => (calls[index + 1] ?? 0) >= shareMin * sum);
    },
  };
}

/** Codes from 1 in the order of first sight; 0 is unknown. */
function encode<T>(cells: readonly T[], read: (cell: T) => string | undefined) {
  const codeOf = new Map<string, number>();
  const codes = Int32Array.from(cells, (cell) => {
    const value = read(cell);
    if (value === undefined) return UNKNOWN;
    const code = codeOf.get(value) ?? codeOf.size + 1;
    codeOf.set(value, code);
    return code;
  });
  return { codes, values: [...codeOf.keys()] };
}

/** Above so many possible strata, only those that occur are numbered. */
const DENSE_STRATA_MAX = 100_000;

/** Strata by all columns together. */
function strataOf(
  rows: Int32Array,
  columns: readonly { readonly codes: Int32Array; readonly size: number }[],
): Int32Array {
  const possible = columns.reduce((product, column) => product * column.size, 1);
  const numbers = new Map<number, number>();
  return rows.map((row) => {
    let key = 0;
    for (const { codes, size } of columns) key = key * size + (codes[row] ?? 0);
    if (possible <= DENSE_STRATA_MAX) return key;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}
