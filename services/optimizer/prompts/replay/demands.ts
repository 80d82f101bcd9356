import { lookUp } from '#shared/look-up.ts';

/**
 * What each check demands, in our own words, so that a teacher need not guess it from a name. They are what a prefix may
 * be made of: nothing of them comes from traffic.
 */
const DEMANDS: Readonly<Record<string, string>> = {
  parallel_collapsed:
    'Every tool call is its own call with its own JSON object of arguments; several are never merged into one.',
  parallel_disallowed: 'Where the client allows one tool call at a time, one is made, and the next after its result.',
  args_malformed_json:
    'The arguments of a tool call are exactly one valid JSON object, without fences, comments or other text.',
  args_not_object: 'The arguments of a tool call are one JSON object, never a list, a text or a number.',
  unknown_tool: 'Only tools of the given list are called, by their exact names.',
  tool_name_mangled: 'Tool names are written exactly as listed, with case, dots and dashes, and no name in front.',
  missing_required: 'Every required argument of the tool schema is given.',
  unexpected_param: 'Only arguments that the schema of the tool names are given.',
  type_mismatch: 'Every argument has the type that the schema of the tool states: numbers bare, lists as lists.',
  enum_violation: 'An argument with a list of allowed values has one of them, exactly as written.',
  constraint_violation: 'Arguments keep the limits that the schema of the tool states.',
  placeholder_arg: 'Arguments hold real values, never placeholders; what is not known is found out first.',
  tool_choice_violated: 'When the client requires a tool, or a certain one, it is called; when it forbids tools, none.',
  missing_expected_call: 'When the next step takes a tool, it is called at once instead of being announced.',
  failing_call_repeated: 'A tool call that has failed is not repeated with the same arguments.',
  tool_result_error: 'Arguments fit the schema and the meaning of the tool, so that it accepts the call.',
  tool_use: 'Tools fit what was asked for, and their arguments follow from what the conversation shows.',
  code_correctness: 'Written code does what was asked for, completely, and fits the code around it.',
  task_completion: 'Everything that the user asked for is done, and nothing is claimed that was not done.',
};

const GENERAL = 'The check of this name holds.';

export function demandOf(check: string): string {
  return lookUp(DEMANDS, check) ?? GENERAL;
}

/** What a search is for, as the teacher reads it. */
export function describeTask(cell: {
  readonly check: string;
  readonly stage: string;
  readonly expectedVsActual: string;
  readonly turnShape: string;
  readonly failures: number;
  readonly sessions: number;
}): string {
  return [
    'A short prefix that is put before the system prompt of an agent that uses tools, for one kind of turn on one model. It is to prevent one class of failure, and must change nothing else: not the task, the style or the language of answers.',
    `The failing check is ${cell.check} (stage ${cell.stage}; ${cell.expectedVsActual || 'no detail'}): ${demandOf(cell.check)}`,
    `Turns are of the kind ${cell.turnShape}; ${cell.failures} failures in ${cell.sessions} sessions.`,
  ].join('\n');
}
