/** What a search may spend; the number 1e9 stands for "no limit" in calls and money. */
export interface BudgetLimits {
  /** Evaluations of one prompt on one row. Answers from the cache are free. */
  readonly taskCalls: number;
  readonly teacherCalls: number;
  readonly judgeCalls: number;
  readonly costUsd: number;
}

export type Spending = BudgetLimits;

export const UNLIMITED: BudgetLimits = { taskCalls: 1e9, teacherCalls: 1e9, judgeCalls: 1e9, costUsd: 1e9 };
export const NOTHING: Spending = { taskCalls: 0, teacherCalls: 0, judgeCalls: 0, costUsd: 0 };

/** Money is added up in floating point; a millionth of a cent is no overspending. */
const ROUNDING_USD = 1e-8;

export interface BudgetLedger {
  /** Sets aside what something may cost at most, or says which limit forbids it. Nothing is spent without it. */
  reserve(most: Spending): { readonly ok: true } | { readonly ok: false; readonly limit: keyof BudgetLimits };
  /** Turns a reservation into what was really spent, which is never more. */
  settle(most: Spending, spent: Spending): void;
  spent(): Spending;
  /** Neither spent nor set aside. */
  left(): Spending;
}

/** One ledger over task, teacher and judge calls. Throws RangeError when more is settled than was set aside. */
export function createBudgetLedger(limits: BudgetLimits, spentBefore: Spending = NOTHING): BudgetLedger {
  let spent = spentBefore;
  let reserved = NOTHING;
  return {
    reserve(most) {
      const wanted = add(add(spent, reserved), most);
      const limit = KINDS.find((kind) => wanted[kind] > limits[kind] + (kind === 'costUsd' ? ROUNDING_USD : 0));
      if (limit !== undefined && most[limit] > 0) return { ok: false, limit };
      reserved = add(reserved, most);
      return { ok: true };
    },
    settle(most, really) {
      for (const kind of KINDS) {
        if (
          really[kind] < 0 ||
          really[kind] > most[kind] + ROUNDING_USD ||
          most[kind] > reserved[kind] + ROUNDING_USD
        ) {
          throw new RangeError(`${kind} settled beyond its reservation`);
        }
      }
      reserved = add(reserved, most, -1);
      spent = add(spent, really);
    },
    spent: () => spent,
    left: () => add(add(limits, spent, -1), reserved, -1),
  };
}

export function add(left: Spending, right: Spending, times = 1): Spending {
  return {
    taskCalls: left.taskCalls + times * right.taskCalls,
    teacherCalls: left.teacherCalls + times * right.teacherCalls,
    judgeCalls: left.judgeCalls + times * right.judgeCalls,
    costUsd: left.costUsd + times * right.costUsd,
  };
}

const KINDS = ['taskCalls', 'teacherCalls', 'judgeCalls', 'costUsd'] as const;
