import { sha256Hex } from '#shared/content-hash.ts';
import type { TeachRequest } from './requests.ts';

/** All that a score depends on. */
export interface EvaluationIdentity {
  readonly promptId: string;
  readonly rowId: string;
  /** Exact id of the model that answers. */
  readonly model: string;
  /** Version of scorers and judge. */
  readonly judgeVersion: string;
  readonly sample: number;
}

/** Key of the evaluation cache: the same evaluation asked for twice is made once. */
export function evaluationKey({ promptId, rowId, model, judgeVersion, sample }: EvaluationIdentity): string {
  return sha256Hex(['evaluate', promptId, rowId, model, judgeVersion, sample].join('\u0000'));
}

/** Key of a teacher's answer: on resume an answer that had come is not paid for again. */
export function teachKey(request: TeachRequest, teacherModel: string): string {
  const { system, user, schemaName, jsonSchema, maxOutputTokens, draw } = request;
  return sha256Hex(
    ['teach', teacherModel, system, user, schemaName, JSON.stringify(jsonSchema), maxOutputTokens, draw].join('\u0000'),
  );
}
