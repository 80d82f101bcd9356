import { sql } from 'kysely';
import type { Database } from '../connect.ts';

export type ExpenseKind = 'task' | 'teacher' | 'judge';

/** Something that a search pays for, with what it costs at most. */
export interface NewExpense {
  /** The same expense asked for twice is one. */
  readonly key: string;
  readonly kind: ExpenseKind;
  readonly mostUsd: number;
}

export interface ExpenseSum {
  readonly kind: ExpenseKind;
  readonly count: number;
  readonly spentUsd: number;
  /** Set aside for what is still on its way, or was lost on it. */
  readonly reservedUsd: number;
}

/**
 * Sets money aside before it is spent: all of these expenses or, when the budget does not hold them, none. What a killed
 * process had set aside stays so until it is settled, because it may have been spent.
 *
 * @returns false when the budget does not hold them
 */
export async function reserveExpenses(
  database: Database,
  run: { readonly projectId: string; readonly promptRunId: string; readonly budgetUsd: number },
  expenses: readonly NewExpense[],
): Promise<boolean> {
  if (expenses.length === 0) return true;
  const { projectId, promptRunId, budgetUsd } = run;
  return await database.transaction().execute(async (transaction) => {
    await sql`SELECT 1 FROM prompt_run WHERE prompt_run_id = ${promptRunId}::uuid FOR UPDATE`.execute(transaction);
    await transaction
      .insertInto('promptExpense')
      .values(
        expenses.map(({ key, kind, mostUsd }) => ({
          ...{ promptRunId, projectId, kind },
          ...{ expenseKey: key, reservedUsd: mostUsd, spentUsd: null },
        })),
      )
      .onConflict((conflict) => conflict.columns(['promptRunId', 'expenseKey']).doNothing())
      .execute();
    const { rows } = await sql<{ total: number }>`
      SELECT coalesce(sum(coalesce(spent_usd, reserved_usd)), 0)::float8 AS total FROM prompt_expense
      WHERE prompt_run_id = ${promptRunId}::uuid`.execute(transaction);
    if ((rows[0]?.total ?? 0) <= budgetUsd + ROUNDING_USD) return true;
    const keys = expenses.map(({ key }) => key);
    await transaction
      .deleteFrom('promptExpense')
      .where('promptRunId', '=', promptRunId)
      .where('expenseKey', 'in', keys)
      .where('spentUsd', 'is', null)
      .execute();
    return false;
  });
}

/** Sums of doubles end a little beside what was meant. */
const ROUNDING_USD = 1e-9;

/** Writes down what expenses came to; what was settled before stays. */
export async function settleExpenses(
  database: Database,
  promptRunId: string,
  spent: readonly { readonly key: string; readonly spentUsd: number }[],
): Promise<void> {
  if (spent.length === 0) return;
  await sql`
    UPDATE prompt_expense SET spent_usd = settled.spent FROM unnest(
      ${spent.map(({ key }) => key)}::text[], ${spent.map(({ spentUsd }) => spentUsd)}::float8[]) AS settled(key, spent)
    WHERE prompt_run_id = ${promptRunId}::uuid AND expense_key = settled.key AND spent_usd IS NULL`.execute(database);
}

/** What a search has spent and set aside, by kind. */
export async function sumExpenses(
  database: Database,
  projectId: string,
  promptRunId: string,
): Promise<readonly ExpenseSum[]> {
  const { rows } = await sql<ExpenseSum>`
    SELECT kind, count(*) AS count, coalesce(sum(spent_usd), 0)::float8 AS "spentUsd",
      coalesce(sum(reserved_usd) FILTER (WHERE spent_usd IS NULL), 0)::float8 AS "reservedUsd"
    FROM prompt_expense WHERE project_id = ${projectId} AND prompt_run_id = ${promptRunId}::uuid
    GROUP BY kind ORDER BY kind`.execute(database);
  return rows;
}
