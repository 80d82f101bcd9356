import path from 'node:path';
import { readPackedLines, tauLabelSchema } from '../../bench/scoring/tau-runs.ts';

/** Rewards of recorded runs of the same tasks, before and after the model was swapped; one list per kind of task. */
export interface SwapOutcomes {
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
}

const BEFORE = 'gpt-4.1';
const AFTER = 'tuned';

/**
 * Outcomes of tau2-bench runs by gpt-4.1 and by its tuned successor: what the state of the database said in the end,
 * 0 or 1 per session.
 *
 * @param kinds file names between model and ending, such as `telecom_default`; each becomes a stratum
 */
export function readSwapOutcomes(dataDirectory: string, kinds: readonly string[]): SwapOutcomes {
  const rewards = (model: string) =>
    kinds.map((kind) => {
      const file = path.join(dataDirectory, 'tau2-bench', `${model}_${kind}.labels.jsonl.gz`);
      return readPackedLines(file, tauLabelSchema).map((label) => Math.min(1, Math.max(0, label.reward)));
    });
  return { before: rewards(BEFORE), after: rewards(AFTER) };
}
