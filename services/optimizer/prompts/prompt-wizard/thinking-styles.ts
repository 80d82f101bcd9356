/** Ways of looking at a task that a mutation is asked to take; ours, in the spirit of the published list. */
export const THINKING_STYLES: readonly string[] = [
  'How could the problem be made simpler, so that it is easier to solve?',
  'Which core principle decides whether an answer is right?',
  'What would somebody who has failed at this task before watch for?',
  'Which assumptions does the prompt leave unsaid, and which of them should be said?',
  'How can the task be broken into smaller steps that can each be checked?',
  'Look from outside: which other ways to solve the task are there, and which is the most reliable?',
  'What is the cause of the failures, as against what is merely seen of them?',
  'Which facts would somebody new to the domain have to be told?',
];
