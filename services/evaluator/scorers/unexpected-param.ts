import { createSchemaScorer } from './schema/schema-scorer.ts';

export const unexpectedParam = createSchemaScorer(
  'unexpected_param',
  '1',
  "The arguments have no property that the tool's schema does not declare; where the schema leaves others open, an undeclared one is only a warning.",
);
