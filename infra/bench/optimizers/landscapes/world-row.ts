import type { TaskRow } from '../../../../services/optimizer/prompts/contract/task.ts';

/** A row with what the world knows of it and no optimizer sees. */
export interface WorldRow extends TaskRow {
  /** Rules that must all be followed. */
  readonly needs: readonly string[];
  /** No rule solves it. */
  readonly odd: boolean;
}

export const SPLIT_NAMES = ['propose', 'select', 'report', 'heldOut'] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];
