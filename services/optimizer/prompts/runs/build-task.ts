import type { PromptRow } from '#shared/database/prompts/replay-rows.ts';
import { checkCandidate, type TrafficIndex } from '../check-candidate.ts';
import { PREFIX_COMPONENT, type Prompt } from '../contract/prompt.ts';
import type { Splits } from '../contract/splits.ts';
import type { PromptTask, TaskRow } from '../contract/task.ts';
import { demandOf, describeTask } from '../replay/demands.ts';
import { describeRow, type RowFacts, rowFactsSchema } from '../replay/row-facts.ts';
import type { RunSettings, SearchCell } from './run-settings.ts';

/** A row with its facts read. */
export interface SearchRow extends Omit<PromptRow, 'facts'> {
  readonly facts: RowFacts;
}

export function readSearchRows(rows: readonly PromptRow[]): readonly SearchRow[] {
  return rows.map((row) => ({ ...row, facts: rowFactsSchema.parse(row.facts) }));
}

/**
 * The task of a search, from what is stored of it alone and in a fixed order, so that a resumed search has the same one.
 * What a teacher is shown of a row are facts in our own words.
 */
export function buildTask(
  settings: Pick<RunSettings, 'cell' | 'lengthMax' | 'lengthCost'>,
  rows: readonly SearchRow[],
  seedText: string,
  traffic: TrafficIndex,
): PromptTask {
  const { cell, lengthMax, lengthCost } = settings;
  return {
    description: describeTask(cell),
    seed: { [PREFIX_COMPONENT]: seedText },
    rows: rows.map((row) => taskRowOf(row, cell)),
    splits: splitsOf(rows),
    lengthMax,
    lengthCost,
    refusal: (prompt) => checkCandidate(prefixText(prompt), traffic),
  };
}

export function prefixText(prompt: Prompt): string {
  return (prompt[PREFIX_COMPONENT] ?? '').trim();
}

function splitsOf(rows: readonly SearchRow[]): Splits {
  const idsOf = (split: SearchRow['split']) => rows.filter((row) => row.split === split).map((row) => row.callId);
  return { propose: idsOf('propose'), select: idsOf('select'), report: idsOf('report') };
}

function taskRowOf(row: SearchRow, cell: SearchCell): TaskRow {
  return {
    id: row.callId,
    input: describeRow(row.facts, cell, row.failing),
    expected: expectedOf(row, cell),
    group: row.sessionId,
    stratum: row.failing ? 'failing' : 'passing',
    component: null,
  };
}

/**
 * What a right answer is like, for optimizers that show examples. It is made of counts and of what the check demands:
 * the stored answer itself is traffic, and must not come into a prefix.
 */
function expectedOf({ facts, failing }: SearchRow, cell: SearchCell): string | null {
  if (failing) return demandOf(cell.check);
  if (facts.toolCalls === 0) return null;
  return facts.toolCalls === 1 ? 'one complete tool call' : `${facts.toolCalls} tool calls, each complete by itself`;
}
