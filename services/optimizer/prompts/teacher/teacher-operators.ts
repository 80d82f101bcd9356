/** What a teacher is asked to do; the name stands in the request, in the ledger and in a candidate's lineage. */
export type TeacherOperator =
  | 'rephrase'
  | 'infer-example-template'
  | 'meta-rewrite'
  | 'critique-errors'
  | 'apply-critique'
  | 'paraphrase'
  | 'reflect'
  | 'complete'
  | 'mutate'
  | 'critique-failures'
  | 'critique-successes'
  | 'refine'
  | 'synthesise-examples'
  | 'explain-examples'
  | 'write-persona'
  | 'write-keywords';

/** What a reply holds: full texts of prompts, single remarks, examples, one persona or one line of keywords. */
export type TeacherReplyKind = 'prompts' | 'critiques' | 'examples' | 'persona' | 'keywords';

interface OperatorText {
  readonly reply: TeacherReplyKind;
  readonly instruction: string;
}

const WHOLE = 'Give each prompt whole, ready to be used, and keep every instruction of the current prompt that works.';
const FROM_ROWS =
  'Each row shows what the model was asked (input), what it answered (answer), how that was scored from 0 to 1 (score), and why (reason).';

export const TEACHER_OPERATORS: Readonly<Record<TeacherOperator, OperatorText>> = {
  rephrase: {
    reply: 'prompts',
    instruction: `Write variations of the current prompt that differ from one another in style, structure and emphasis. ${WHOLE}`,
  },
  'infer-example-template': {
    reply: 'prompts',
    instruction:
      'Work out from the rows how one example is best shown to a model, and give a template for one example with the slots [[input]], [[answer]] and, if reasons help, [[reason]]. Nothing else in it is replaced.',
  },
  'meta-rewrite': {
    reply: 'prompts',
    instruction: `The trajectory lists earlier prompts with their mean scores, worst first, so that you see what helped and what did not. ${FROM_ROWS} Form a hypothesis why the failing rows fail, then write new prompts that differ from all of the trajectory and score higher than the best of it. ${WHOLE}`,
  },
  'critique-errors': {
    reply: 'critiques',
    instruction: `The rows are failures of the current prompt. ${FROM_ROWS} Give different reasons why the prompt led to these failures, each with what is missing from it or wrong in it.`,
  },
  'apply-critique': {
    reply: 'prompts',
    instruction: `The rows are failures of the current prompt, and the critique says what is wrong with it. ${FROM_ROWS} Write improved prompts that follow the critique and repair these failures. ${WHOLE}`,
  },
  paraphrase: {
    reply: 'prompts',
    instruction: 'Write variations of the current prompt that keep its meaning exactly and change the words only.',
  },
  reflect: {
    reply: 'prompts',
    instruction: `${FROM_ROWS} Work out the task and the form of its inputs; collect the facts of the domain that the reasons state and that the model could not know; note the strategies that worked and generalise. Write an improved prompt that holds all of this. ${WHOLE}`,
  },
  complete: {
    reply: 'prompts',
    instruction: `The current prompt is a draft made from these rows; the answers are from before it. ${FROM_ROWS} Take the reasons one by one: whatever one of them asks for that the draft does not say yet, write into it. ${WHOLE} If nothing is missing, give the draft back unchanged.`,
  },
  mutate: {
    reply: 'prompts',
    instruction: `Write variations of the current prompt, each guided by one or more of the thinking styles. ${WHOLE}`,
  },
  'critique-failures': {
    reply: 'critiques',
    instruction: `The rows are failures of the current prompt. ${FROM_ROWS} Say in detail what the prompt lacks or has wrong; each critique has one point.`,
  },
  'critique-successes': {
    reply: 'critiques',
    instruction: `The current prompt mostly works. ${FROM_ROWS} Say in detail which of its instructions are responsible, and what would make it firmer where rows still fail; each critique has one point.`,
  },
  refine: {
    reply: 'prompts',
    instruction: `The critique says what is good and bad about the current prompt. ${FROM_ROWS} Write refined prompts that act on it. ${WHOLE}`,
  },
  'synthesise-examples': {
    reply: 'examples',
    instruction: `${FROM_ROWS} Invent new examples of the same task, of other subjects than the rows and with no text of theirs, that show a model what it gets wrong: input, right answer, and the reasoning that leads from one to the other.`,
  },
  'explain-examples': {
    reply: 'examples',
    instruction:
      'For each example write the steps of reasoning that lead from its input to its answer. Repeat input and answer unchanged.',
  },
  'write-keywords': {
    reply: 'keywords',
    instruction: 'Give the words that name the intent of this task best, separated by commas, in one line.',
  },
  'write-persona': {
    reply: 'persona',
    instruction:
      'Describe in two or three sentences, addressed as "you", the expert who would do this task best: knowledge, habits, care.',
  },
};
