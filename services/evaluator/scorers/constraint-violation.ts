import { createSchemaScorer } from './schema/schema-scorer.ts';

export const constraintViolation = createSchemaScorer(
  'constraint_violation',
  '1',
  "The arguments keep the schema's patterns, formats, bounds and lengths, and match one of its alternatives.",
);
