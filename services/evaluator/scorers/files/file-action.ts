import { lookUp } from '#shared/look-up.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import { ARGUMENT_NAMES, EDITOR_COMMANDS, fileToolKind } from './file-tools.ts';

/** One text that is put in the place of another. */
export interface Replacement {
  /** Below the tool call's input. */
  readonly pointer: string;
  readonly oldText: string;
  readonly newText: string;
  readonly all: boolean;
}

/** What one tool call asks of files, in one vocabulary for the tools of all clients. */
export type FileAction =
  | { readonly type: 'read'; readonly path: string; readonly isWhole: boolean }
  | { readonly type: 'write'; readonly path: string; readonly content: string; readonly pointer: string }
  | { readonly type: 'edit'; readonly path: string; readonly replacements: readonly Replacement[] }
  | {
      readonly type: 'insert';
      readonly path: string;
      readonly line: number;
      readonly text: string;
      readonly pointer: string;
    }
  | { readonly type: 'patch'; readonly text: string; readonly pointer: string }
  | { readonly type: 'shell'; readonly command: string; readonly pointer: string }
  /** Something that leaves files as they are. */
  | { readonly type: 'harmless' }
  /** A tool that nobody here knows, or arguments that it would refuse. */
  | { readonly type: 'other' };

const OTHER: FileAction = { type: 'other' };

const known = new WeakMap<object, { readonly name: string; readonly action: FileAction }>();

/** Reads a tool call; never throws, whatever the arguments are. What every turn brings again is read once. */
export function readFileAction(name: string, input: unknown): FileAction {
  if (!isRecord(input) || !Object.isFrozen(input)) return readAction(name, input);
  const read = known.get(input);
  if (read?.name === name) return read.action;
  const action = readAction(name, input);
  known.set(input, { name, action });
  return action;
}

function readAction(name: string, input: unknown): FileAction {
  const kind = fileToolKind(name);
  if (kind === null || !isRecord(input)) return OTHER;
  switch (kind) {
    case 'harmless':
      return { type: 'harmless' };
    case 'shell':
      return readShell(input);
    case 'patch':
      return readPatch(input);
    case 'by_command':
      return readByCommand(input);
    default:
      return readOfPath(kind, input);
  }
}

function readByCommand(input: JsonRecord): FileAction {
  const kind = typeof input['command'] === 'string' ? lookUp(EDITOR_COMMANDS, input['command']) : undefined;
  return kind === undefined ? OTHER : readOfPath(kind, input);
}

function readOfPath(kind: 'read' | 'write' | 'edit' | 'multi_edit' | 'insert', input: JsonRecord): FileAction {
  const path = textAt(input, ARGUMENT_NAMES.path)?.text;
  if (path === undefined || path === '') return OTHER;
  switch (kind) {
    case 'read':
      return { type: 'read', path, isWhole: !['offset', 'limit', 'view_range'].some((name) => input[name] != null) };
    case 'write': {
      const content = textAt(input, ARGUMENT_NAMES.content);
      return content === null ? OTHER : { type: 'write', path, content: content.text, pointer: content.pointer };
    }
    case 'insert':
      return readInsert(path, input);
    case 'edit':
      return editOf(path, [readReplacement(input, '')]);
    case 'multi_edit': {
      const edits = Array.isArray(input['edits']) ? (input['edits'] as unknown[]) : [];
      const replacements = edits.map((edit, index) =>
        isRecord(edit) ? readReplacement(edit, `/edits/${index}`) : null,
      );
      return editOf(path, replacements);
    }
    default:
      return kind satisfies never;
  }
}

function readInsert(path: string, input: JsonRecord): FileAction {
  const text = textAt(input, ['insert_text', 'new_str']);
  const line = input['insert_line'];
  if (text === null || typeof line !== 'number') return OTHER;
  return { type: 'insert', path, line, text: text.text, pointer: text.pointer };
}

function editOf(path: string, replacements: readonly (Replacement | null)[]): FileAction {
  const whole = replacements.filter((replacement) => replacement !== null);
  if (whole.length === 0 || whole.length < replacements.length) return OTHER;
  return { type: 'edit', path, replacements: whole };
}

function readReplacement(edit: JsonRecord, parent: string): Replacement | null {
  const oldText = textAt(edit, ARGUMENT_NAMES.oldText);
  const newText = textAt(edit, ARGUMENT_NAMES.newText);
  if (oldText === null) return null;
  const all =
    ARGUMENT_NAMES.replaceAll.some((name) => edit[name] === true) || Number(edit['expected_replacements']) > 1;
  return { pointer: `${parent}${oldText.pointer}`, oldText: oldText.text, newText: newText?.text ?? '', all };
}

/** Codex writes its commands as a list of words, and patches as a command of their own. */
function readShell(input: JsonRecord): FileAction {
  const name = ARGUMENT_NAMES.command.find((candidate) => input[candidate] !== undefined) ?? '';
  const value = input[name];
  const words = Array.isArray(value) ? (value as unknown[]).filter((word) => typeof word === 'string') : null;
  const isWrapped = words !== null && /(^|\/)(ba|z)?sh$/.test(words[0] ?? '') && /^-[a-z]*c$/.test(words[1] ?? '');
  const command = typeof value === 'string' ? value : isWrapped ? words.slice(2).join(' ') : words?.join(' ');
  if (command === undefined || command === '') return OTHER;
  const pointer = `/${name}`;
  const patch = codexPatchIn(command);
  return patch === null ? { type: 'shell', command, pointer } : { type: 'patch', text: patch, pointer };
}

function codexPatchIn(command: string): string | null {
  if (!/\bapply_patch\b/.test(command)) return null;
  return /\*\*\* Begin Patch[\s\S]*?(\n\*\*\* End Patch|$)/.exec(command)?.[0] ?? null;
}

function readPatch(input: JsonRecord): FileAction {
  const text = textAt(input, ARGUMENT_NAMES.patch);
  return text === null ? OTHER : { type: 'patch', text: text.text, pointer: text.pointer };
}

function textAt(
  input: JsonRecord,
  names: readonly string[],
): { readonly text: string; readonly pointer: string } | null {
  for (const name of names) {
    const value = input[name];
    if (typeof value === 'string') return { text: value, pointer: `/${name}` };
  }
  return null;
}
