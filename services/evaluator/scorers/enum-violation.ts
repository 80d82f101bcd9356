import { createSchemaScorer } from './schema/schema-scorer.ts';

export const enumViolation = createSchemaScorer(
  'enum_violation',
  '1',
  'Where the schema lists the values that are allowed, the argument is one of them.',
);
