import { CHOICE_CASES } from './choice-cases.ts';
import { LOST_SCHEMA_CASES } from './lost-schema-cases.ts';
import { NAME_AND_SHAPE_CASES } from './name-and-shape-cases.ts';
import { SCHEMA_CASES } from './schema-cases.ts';
import type { ScorerCase } from './scorer-case.ts';
import { WORDING_CASES } from './wording-cases.ts';

/** The examples of every scorer in `call-scorers.ts`, by its id. */
export const CALL_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  ...NAME_AND_SHAPE_CASES,
  ...SCHEMA_CASES,
  ...LOST_SCHEMA_CASES,
  ...CHOICE_CASES,
  ...WORDING_CASES,
};
