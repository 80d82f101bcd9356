import type { Rubric } from '../rubric.ts';
import { codeCorrectness } from './code-correctness.ts';
import { taskCompletion } from './task-completion.ts';
import { toolUse } from './tool-use.ts';

/** Every rubric, by the id that jobs and scores carry. */
export const RUBRICS: Readonly<Record<string, Rubric>> = {
  [taskCompletion.id]: taskCompletion,
  [toolUse.id]: toolUse,
  [codeCorrectness.id]: codeCorrectness,
};
