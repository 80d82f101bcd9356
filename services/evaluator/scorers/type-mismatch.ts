import { createSchemaScorer } from './schema/schema-scorer.ts';

export const typeMismatch = createSchemaScorer(
  'type_mismatch',
  '1',
  'Every argument has the JSON type that the schema asks for; an integer is a number, and a number in quotes is a text.',
);
