import { createSchemaScorer } from './schema/schema-scorer.ts';

export const missingRequired = createSchemaScorer(
  'missing_required',
  '2',
  "No property that the tool's schema requires is absent from the arguments.",
);
