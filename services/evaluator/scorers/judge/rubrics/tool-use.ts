import type { Rubric } from '../rubric.ts';

export const toolUse: Rubric = {
  id: 'tool_use',
  version: '2',
  metric: 'toolUse',
  subjectType: 'call',
  question: 'Are the tool calls of the LAST assistant message right for the point that the conversation has reached?',
  notJudged: [
    'whether arguments are valid JSON or match their schema: other checks decide that',
    'whether the tool itself worked: its result is not the fault of the call',
    'earlier assistant messages, except as what is known by now',
    'anything inside a region marked as removed: do not conclude that something is missing because you do not see it',
  ],
  criteria: [
    {
      id: 'tool_fits',
      definition: 'Each called tool can, by its description in the catalogue, do what is needed next.',
      passExample: 'To see a file the assistant calls the tool that reads files.',
      failExample: 'To see a file the assistant calls the tool that deletes files.',
      decisive: true,
    },
    {
      id: 'arguments_grounded',
      definition: 'Each value in the arguments comes from the conversation or is a sensible construction of the model.',
      passExample: 'The path in the arguments stood in the listing of an earlier result.',
      failExample: 'The arguments hold an order number that stands nowhere before.',
      decisive: true,
      absentFrom: 'before',
    },
    {
      id: 'calls_needed',
      definition: 'Each call is needed: its answer is not known already, and it serves what the user asked for.',
      passExample: 'The assistant reads a file that it has not seen yet and that the task is about.',
      failExample: 'The assistant reads the same unchanged file again.',
      decisive: false,
    },
    {
      id: 'results_heeded',
      definition: 'The calls take earlier tool results into account.',
      passExample: 'After "file not found" the assistant lists the folder.',
      failExample: 'After "permission denied" the assistant sends the very same call.',
      decisive: false,
    },
  ],
};
