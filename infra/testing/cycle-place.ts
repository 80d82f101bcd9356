import type { CycleStep } from '../../services/optimizer/cycle-checkpoint.ts';
import type { Statement } from './client-statements.ts';
import type { GateSide } from './statement-gate.ts';

/** Where in a run of the optimizer its process is killed. `claim` comes before the steps, `end` after them. */
export interface CyclePlace {
  /** `end` is after the last step, when the run is written down as done. */
  readonly step: 'claim' | CycleStep | 'end';
  readonly sql: string;
  /** How often the process says this in the step until then: 1 for the first time. */
  readonly time: number;
  readonly side: GateSide;
}

const RUN_WRITE = /^update "optimizer_run" set/;
const WRITE = /^\s*(insert|update|delete|commit)|pg_notify/i;

/** The step that a statement begins, else null. */
function beginningOf({ sql, parameters }: Statement): CyclePlace['step'] | null {
  if (sql.startsWith('insert into "optimizer_run"')) return 'claim';
  if (!RUN_WRITE.test(sql)) return null;
  if (sql.includes('"finished_at" =') && parameters.includes('done')) return 'end';
  if (sql.includes('"checkpoint" =') || !sql.includes('"progress" =')) return null;
  for (const parameter of parameters) {
    const step = /^\{.*"step":"(\w+)"/.exec(parameter ?? '')?.[1];
    if (step !== undefined) return step as CycleStep;
  }
  return null;
}

/** Whether a statement writes down what the steps so far came to. */
export function isCheckpoint({ sql }: Pick<Statement, 'sql'>): boolean {
  return RUN_WRITE.test(sql) && sql.includes('"checkpoint" =');
}

/**
 * Every place of a run that went through: before and after each statement that changes something. Before one that reads,
 * all is as after the last one that wrote.
 */
export function placesOf(passed: readonly Statement[]): readonly CyclePlace[] {
  const places: CyclePlace[] = [];
  let step: CyclePlace['step'] | null = null;
  const times = new Map<string, number>();
  for (const each of passed) {
    const { sql } = each;
    const begun = beginningOf(each);
    if (begun !== null) times.clear();
    step = begun ?? step;
    if (step === null) continue;
    const time = (times.get(sql) ?? 0) + 1;
    times.set(sql, time);
    if (WRITE.test(sql)) {
      for (const side of ['before', 'after'] as const) places.push({ step, sql, time, side });
    }
    if (step === 'end') break;
  }
  return places;
}

/** Where a run looks at what is served now, and has not moved it yet. */
export const BEFORE_ITS_MOVE: CyclePlace = {
  ...{ step: 'publish', sql: 'select * from "policy_pointer" where "project_id" = $1', time: 1, side: 'before' },
};

/**
 * Tells when a process has come to a place; of one process, asked once per statement. The end of the step counts as the
 * place: what the process does beside its run comes now in this step and now in that one.
 */
export function comesTo(place: CyclePlace): (statement: Statement) => boolean {
  let isThere = false;
  let time = 0;
  return (statement) => {
    if (beginningOf(statement) === place.step) isThere = true;
    if (isThere && statement.sql === place.sql) time += 1;
    return isThere && (time === place.time || isCheckpoint(statement));
  };
}

/** For people. */
export function nameOf({ step, sql, time, side }: CyclePlace): string {
  const text = sql.replaceAll(/\s+/g, ' ').trim().slice(0, 80);
  return `${step}, ${side} "${text}", time ${time}`;
}
