import type { TestContext } from 'vitest';
import { STILL_PENDING, type Violation } from './audit/violation.ts';

/** A measured number and the bar it is held against. */
export interface FaultFigure {
  readonly id: string;
  readonly value: number;
  readonly op: '<=' | '>=';
  readonly bar: number;
  /** Of how many measurements. */
  readonly n: number;
}

/** What one case of the suite says of itself, beside whether it passed. */
export interface FaultResult {
  /** A row of the catalogue. */
  readonly row: string;
  readonly backend: string;
  readonly seed: number | null;
  readonly figures: readonly FaultFigure[];
}

declare module 'vitest' {
  interface TaskMeta {
    faultResult?: FaultResult;
  }
}

/** Hands the figures of a case to whoever writes them down, and prints them. Call it before the expectations. */
export function recordFault({ task }: Pick<TestContext, 'task'>, result: FaultResult): void {
  task.meta.faultResult = result;
  const figures = result.figures.map(({ id, value, op, bar, n }) => `${id} ${shown(value)} (${op} ${bar}, n ${n})`);
  process.stdout.write(
    `  ${result.row} on ${result.backend}, seed ${result.seed ?? 'none'}: ${figures.join('; ') || 'no figure'}\n`,
  );
}

/** What every audited run tells of loss and of repetition; what waits to be scored is not lost. */
export function lossFigures(violations: readonly Violation[], calls: number): readonly FaultFigure[] {
  const countOf = (invariant: Violation['invariant'], isOf: (violation: Violation) => boolean = () => true) =>
    violations.filter((each) => each.invariant === invariant && isOf(each)).reduce((sum, { count }) => sum + count, 0);
  const isPending = ({ what }: Violation) => what === STILL_PENDING;
  const waiting = countOf('I1', isPending);
  return [
    { id: 'lost_durable', value: countOf('I1', (each) => !isPending(each)), op: '<=', bar: 0, n: calls },
    { id: 'duplicate_rows', value: countOf('I2'), op: '<=', bar: 0, n: calls },
    ...(waiting === 0 ? [] : [{ id: 'still_pending', value: waiting, op: '<=', bar: 0, n: calls } as const]),
  ];
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
