import type { Rubric } from '../rubric.ts';

export const taskCompletion: Rubric = {
  id: 'task_completion',
  version: '2',
  metric: 'taskCompletion',
  subjectType: 'session',
  question: 'Did the assistant complete what the user asked for in this session?',
  notJudged: [
    'style, tone or length of the answers',
    'whether tool arguments are valid JSON or match their schema: other checks decide that',
    'whether the user should have asked for something else',
    'anything inside a region marked as removed: do not conclude that something is missing because you do not see it',
  ],
  criteria: [
    {
      id: 'requests_addressed',
      definition: 'Every request of the user was acted on, or the assistant said plainly why it was not.',
      passExample: 'The user asks to rename a function and run the tests; both happen.',
      failExample: 'The user asks to rename a function and run the tests; the tests are never run nor mentioned.',
      decisive: true,
      absentFrom: 'after',
    },
    {
      id: 'claims_supported',
      definition: 'What the assistant says it has done or found is borne out by the tool results shown.',
      passExample: 'The assistant says that the tests pass, and a tool result shows the runner reporting no failure.',
      failExample: 'The assistant says that the file was written, and the result of that tool call is an error.',
      decisive: true,
      absentFrom: 'before',
    },
    {
      id: 'errors_resolved',
      definition: 'No error result is left behind: each was retried with a change, worked around, or reported.',
      passExample: 'A search fails for a wrong folder; the next call searches the right one.',
      failExample: 'A tool reports an error and the assistant goes on as if it had not.',
      decisive: true,
      absentFrom: 'after',
    },
    {
      id: 'user_satisfied',
      definition: 'The user did not have to repeat or correct a request that had been clear.',
      passExample: 'The user thanks the assistant, or goes on to something else.',
      failExample: 'The user writes that this is not what was asked for, and states the request again.',
      decisive: false,
    },
  ],
};
