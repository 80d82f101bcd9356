import { isRecord, type JsonRecord } from '../json.ts';

/** What kind of work a conversation is, as far as its tools tell. */
export type TaskKind = 'coding' | 'service' | 'lookup' | 'general';

const CODING_TOOL =
  /^(read|write|edit|multi_?edit|bash|grep|glob|apply_patch|str_replace.*|notebook_?edit|shell|run_.*|execute_.*|.*_file|.*_files)$/i;
const CHANGING_TOOL =
  /^(update|modify|cancel|book|return|exchange|refund|send|create|delete|set|add|remove|enable|disable|transfer|toggle|pay|resume|suspend)_/i;
const LOOKUP_TOOL = /^(search|find|get|list|fetch|lookup|query|retrieve|web_?search|web_?fetch)/i;

/**
 * One sentence on what matters most, by kind of work: a judge that is told it is right more often. The sentences are
 * ours; not a word of traffic is in them, because traffic would then instruct the judge.
 */
export const TASK_CRITERIA: Readonly<Record<TaskKind, string>> = {
  coding:
    'This is work on code: what counts most is that the change asked for is really in the files, and that the last check that was run does not contradict it.',
  service:
    'This is service by rules: what counts most is that every change of a record is one that the user asked for and the system prompt allows, with the right ids and values, and that nothing that was asked for is left undone.',
  lookup:
    'This is a search for facts: what counts most is that each statement of the answer stands in a tool result, and that the question asked is the one answered.',
  general: 'What counts most is that the outcome the user asked for has come about, not that the assistant says so.',
};

/** The kind of work, by names of the tools on offer; by the calls made where the request does not say which there are. */
export function taskKindOf(request: JsonRecord): TaskKind {
  const offered = Array.isArray(request['tools']) ? namesOf(request['tools']) : [];
  const names = offered.length > 0 ? offered : calledNames(request['messages']);
  if (names.filter((name) => CODING_TOOL.test(name)).length >= 2) return 'coding';
  if (names.some((name) => CHANGING_TOOL.test(name))) return 'service';
  return names.some((name) => LOOKUP_TOOL.test(name)) ? 'lookup' : 'general';
}

function calledNames(messages: unknown): readonly string[] {
  if (!Array.isArray(messages)) return [];
  return (messages as unknown[]).flatMap((message) => {
    const content = isRecord(message) ? message['content'] : null;
    if (!Array.isArray(content)) return [];
    return namesOf(content.filter((block: unknown) => isRecord(block) && block['type'] === 'tool_use'));
  });
}

function namesOf(named: readonly unknown[]): readonly string[] {
  return named.filter(isRecord).map((each) => String(each['name'] ?? ''));
}
