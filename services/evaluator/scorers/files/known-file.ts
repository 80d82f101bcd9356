import type { ConversationCall } from '../conversation/conversation.ts';
import { applyReplacements } from './apply-replacements.ts';
import { type FileAction, readFileAction } from './file-action.ts';
import { readNumberedLines } from './numbered-lines.ts';
import { baseName, isSamePath } from './same-path.ts';
import { isReadOnlyCommand } from './shell-command.ts';

/** What the conversation tells of one file. */
export interface KnownFile {
  /** All of it, line ends as `\n`; null where it is not known, or something may have changed it since. */
  readonly content: string | null;
  /** Whether its content, or some of it, was looked at, or comes from the agent itself. */
  readonly wasSeen: boolean;
  /** Whether the conversation shows that there is such a file; null where it shows neither. */
  readonly exists: boolean | null;
}

const NOTHING_KNOWN: KnownFile = { content: null, wasSeen: false, exists: null };
const ABSENT = /no such file|does not exist|not found|ENOENT|File has not been created/i;

/** What is known of a file after these calls, oldest first. */
export function knownFileAfter(calls: readonly ConversationCall[], path: string): KnownFile {
  let file = NOTHING_KNOWN;
  for (const call of calls) file = afterCall(file, call, path);
  return file;
}

function afterCall(file: KnownFile, { name, input, result }: ConversationCall, path: string): KnownFile {
  const action = readFileAction(name, input);
  if (action.type === 'harmless') return sawIn(file, result?.text ?? '', path);
  // What came of the call is not known, so that it may have done anything.
  if (result === null) return { ...file, content: null };
  if (action.type === 'other') return sawIn({ ...file, content: null }, result.text, path);
  if (action.type === 'shell') {
    const kept = isReadOnlyCommand(action.command) ? file : { ...file, content: null };
    return action.command.includes(baseName(path)) ? { ...kept, wasSeen: true } : sawIn(kept, result.text, path);
  }
  if (action.type === 'patch')
    return action.text.includes(baseName(path)) ? { ...file, content: null, wasSeen: true } : file;
  if (!isSamePath(action.path, path)) return file;
  if (result.kind !== 'ok') return afterFailure(file, action, result.text);
  return afterAction(file, action, result.text);
}

/** A search that shows lines of the file has shown some of it. */
function sawIn(file: KnownFile, text: string, path: string): KnownFile {
  return file.wasSeen || !text.includes(baseName(path)) ? file : { ...file, wasSeen: true };
}

function afterFailure(file: KnownFile, action: FileAction, text: string): KnownFile {
  if (action.type === 'read') return ABSENT.test(text) ? { ...file, content: null, exists: false } : file;
  // An edit that was refused changed nothing; if what we think is there were there, it would have been taken.
  return { ...file, content: null };
}

/** What a file holds after an action that its tool took. */
export function afterAction(file: KnownFile, action: FileAction, resultText: string | null): KnownFile {
  switch (action.type) {
    case 'read': {
      const content = action.isWhole && resultText !== null ? readNumberedLines(resultText) : null;
      return { content: content ?? file.content, wasSeen: true, exists: true };
    }
    case 'write':
      return { content: action.content.replaceAll('\r\n', '\n'), wasSeen: true, exists: true };
    case 'edit': {
      const replaced = file.content === null ? null : applyReplacements(file.content, action.replacements);
      const isCreation = action.replacements.length === 1 && action.replacements[0]?.oldText === '';
      if (isCreation) return { content: action.replacements[0]?.newText ?? null, wasSeen: true, exists: true };
      return { content: replaced?.type === 'replaced' ? replaced.content : null, wasSeen: true, exists: true };
    }
    case 'insert': {
      if (file.content === null) return { ...file, wasSeen: true, exists: true };
      const lines = file.content.split('\n');
      lines.splice(action.line, 0, ...action.text.replace(/\n$/, '').split('\n'));
      return { content: lines.join('\n'), wasSeen: true, exists: true };
    }
    default:
      return { ...file, content: null };
  }
}
