import { type ContentInput, content, exchange, results, type ScorerCase, type ToolUse } from '../scorer-case.ts';

/** A call of the tools of coding agents, by the names and arguments of Claude Code. */
export const reads = (path: string, more: object = {}): ToolUse => ({
  name: 'Read',
  input: { file_path: path, ...more },
});
export const edits = (path: string, oldText: string, newText: string, more: object = {}): ToolUse => ({
  name: 'Edit',
  input: { file_path: path, old_string: oldText, new_string: newText, ...more },
});
export const writes = (path: string, text: string): ToolUse => ({
  name: 'Write',
  input: { file_path: path, content: text },
});
export const runs = (command: string): ToolUse => ({ name: 'Bash', input: { command } });

/** The file as a client shows it. */
export function numbered(text: string): string {
  return text
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(6)}\u2192${line}`)
    .join('\n');
}

/** Past turns. */
export const wasRead = (path: string, text: string) => exchange(reads(path), numbered(text));
export const wasEdited = (path: string, oldText: string, newText: string) =>
  exchange(edits(path, oldText, newText), `The file ${path} has been updated.`);
export const wasWritten = (path: string, text: string) =>
  exchange(writes(path, text), `File created successfully at: ${path}`);
export const wasRun = (command: string, output: string, flaggedError = false) =>
  exchange(runs(command), output, flaggedError);

export const says = (text: string) => ({ role: 'user', content: text });

/** A case from its parts; the tools on offer do not matter to these scorers. */
export function agentCase(
  name: string,
  outcome: ScorerCase['outcome'],
  input: ContentInput,
  more: Partial<ScorerCase> = {},
): ScorerCase {
  return { name, outcome, content: content({ tools: null, ...input }), ...more };
}

/** The same with what came back for the reply's calls. */
export function outcomeCase(
  name: string,
  outcome: ScorerCase['outcome'],
  input: ContentInput,
  answers: readonly { readonly result: string; readonly flaggedError?: boolean }[],
  more: Partial<ScorerCase> = {},
): ScorerCase {
  return agentCase(name, outcome, input, { next: { messages: [results(answers)] }, ...more });
}
