import { argsNotObject } from './args-not-object.ts';
import { callTextLeak } from './call-text-leak.ts';
import { callWhenAnswer } from './call-when-answer.ts';
import { constraintViolation } from './constraint-violation.ts';
import { duplicateParallel } from './duplicate-parallel.ts';
import { enumViolation } from './enum-violation.ts';
import { idMissingOrDuplicate } from './id-missing-or-duplicate.ts';
import { missingExpectedCall } from './missing-expected-call.ts';
import { parallelDisallowed } from './parallel-disallowed.ts';
import { placeholderArg } from './placeholder-arg.ts';
import { schemaLostInTranslation } from './schema-lost-in-translation.ts';
import type { Scorer } from './scorer.ts';
import { toolChoiceViolated } from './tool-choice-violated.ts';
import { toolNameMangled } from './tool-name-mangled.ts';
import { typeMismatch } from './type-mismatch.ts';
import { unexpectedParam } from './unexpected-param.ts';

/** Scorers of single tool calls: names, arguments, and what the request allowed. */
export const CALL_SCORERS: readonly Scorer[] = [
  toolNameMangled,
  argsNotObject,
  unexpectedParam,
  typeMismatch,
  enumViolation,
  constraintViolation,
  schemaLostInTranslation,
  placeholderArg,
  duplicateParallel,
  parallelDisallowed,
  toolChoiceViolated,
  missingExpectedCall,
  callTextLeak,
  callWhenAnswer,
  idMissingOrDuplicate,
];
