import type { Rubric } from '../rubric.ts';

export const codeCorrectness: Rubric = {
  id: 'code_correctness',
  version: '1',
  metric: 'code',
  subjectType: 'call',
  question: 'Is the code that the LAST assistant message writes or changes right for what was asked?',
  notJudged: [
    'style, naming, comments or formatting',
    'whether the code parses, or the edit applies: other checks decide that',
    'code that was there before and is not touched',
    'whether tests were run: the code alone is judged, with what the record shows of its surroundings',
    'anything inside a region marked as removed: do not conclude that something is missing because you do not see it',
  ],
  criteria: [
    {
      id: 'code_does_task',
      definition: 'Run on the inputs that the task is about, the code does what the task says.',
      passExample: 'Asked for the sum of even numbers, the loop adds a number when its remainder by two is zero.',
      failExample: 'Asked for the sum of even numbers, the loop adds a number when its remainder by two is one.',
      decisive: true,
    },
    {
      id: 'code_edges',
      definition: 'Inputs at the edge that the task implies (empty, first, last, one, negative) are treated rightly.',
      passExample: 'The search returns -1 for an empty list, as the task says.',
      failExample: 'The loop ends one short, so that the last element is never looked at.',
      decisive: true,
    },
    {
      id: 'code_consistent',
      definition: 'Names, signatures, types and imports agree with each other and with the code shown around it.',
      passExample: 'The new function is called with the two arguments that it declares.',
      failExample: 'The caller passes a list where the changed function now takes a number.',
      decisive: true,
      absentFrom: 'before',
    },
    {
      id: 'code_complete',
      definition: 'Nothing of the change is left as a placeholder, and nothing is removed that was not to be removed.',
      passExample: 'Both branches that the task names have a body.',
      failExample: 'A branch holds only a comment that says it has to be written.',
      decisive: false,
    },
  ],
};
