/** The lines of a file that a part of a patch expects to find, one after the other. */
export interface ExpectedLines {
  readonly path: string;
  readonly lines: readonly string[];
}

/** A patch taken apart: what is wrong with it by itself, and what it expects of files. */
export interface ReadPatch {
  /** Null for a patch that is sound by itself. */
  readonly fault: 'wrong line counts' | 'line of no kind' | 'no hunk' | 'no end' | null;
  readonly expected: readonly ExpectedLines[];
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;
const FILE_HEADER =
  /^(diff --git |index |--- |\+\+\+ |new file|deleted file|old mode|new mode|similarity|rename |copy |Binary )/;

/** Reads a patch of either kind; null for a text that is neither. */
export function readPatch(text: string): ReadPatch | null {
  if (/^\*\*\* Begin Patch/m.test(text)) return readCodexPatch(text);
  return /^@@ -\d+(,\d+)? \+\d+(,\d+)? @@/m.test(text) && /^(--- |diff --git )/m.test(text)
    ? readUnifiedDiff(text)
    : null;
}

/** A unified diff says in each hunk how many lines it has, and programs believe it. */
export function readUnifiedDiff(text: string): ReadPatch {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const expected: ExpectedLines[] = [];
  let path = '';
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] ?? '';
    const header = HUNK.exec(line);
    if (header === null) {
      if (line.startsWith('--- ')) path = line.slice(4).split('\t')[0]?.replace(/^a\//, '').trim() ?? '';
      else if (/^[ +-]/.test(line) && !FILE_HEADER.test(line) && expected.length > 0 && line !== '-- ') {
        return { fault: 'wrong line counts', expected };
      }
      index += 1;
      continue;
    }
    const hunk = readHunk(lines, index + 1, Number(header[1] ?? 1), Number(header[2] ?? 1));
    if (hunk === null) return { fault: 'wrong line counts', expected };
    if (path !== '/dev/null') expected.push({ path, lines: hunk.old });
    index = hunk.end;
  }
  return { fault: expected.length === 0 && !text.includes('/dev/null') ? 'no hunk' : null, expected };
}

/** The old lines of a hunk, or null where it has not the lines that it promises. */
function readHunk(lines: readonly string[], start: number, oldCount: number, newCount: number) {
  const old: string[] = [];
  let [oldLeft, newLeft, index] = [oldCount, newCount, start];
  while (oldLeft > 0 || newLeft > 0) {
    const line = lines[index];
    if (line === undefined) return null;
    const kind = line === '' ? ' ' : line.charAt(0);
    if (kind === '\\') {
      index += 1;
      continue;
    }
    if (kind !== ' ' && kind !== '-' && kind !== '+') return null;
    if (kind !== '+') {
      old.push(line.slice(1));
      oldLeft -= 1;
    }
    if (kind !== '-') newLeft -= 1;
    if (oldLeft < 0 || newLeft < 0) return null;
    index += 1;
  }
  return { old, end: index };
}

/** The patch of Codex: files by name, and lines found by what stands around them. */
export function readCodexPatch(text: string): ReadPatch {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const expected: ExpectedLines[] = [];
  let section: 'none' | 'update' | 'add' = 'none';
  let path = '';
  let old: string[] = [];
  const close = () => {
    if (section === 'update' && old.length > 0) expected.push({ path, lines: old });
    old = [];
  };
  let hasEnd = false;
  for (const line of lines.slice(lines.findIndex((each) => each.startsWith('*** Begin Patch')) + 1)) {
    const header = /^\*\*\* (Update|Add|Delete) File: (.+)$/.exec(line);
    if (header !== null) {
      close();
      section = header[1] === 'Update' ? 'update' : header[1] === 'Add' ? 'add' : 'none';
      path = header[2]?.trim() ?? '';
    } else if (line.startsWith('*** End Patch')) {
      close();
      hasEnd = true;
      break;
    } else if (line.startsWith('*** ') || (line.startsWith('@@') && section === 'update')) close();
    else if (section === 'add' && line !== '' && !line.startsWith('+')) return { fault: 'line of no kind', expected };
    else if (section === 'update') {
      if (line !== '' && !/^[ +-]/.test(line)) return { fault: 'line of no kind', expected };
      if (!line.startsWith('+')) old.push(line.slice(1));
    }
  }
  return { fault: hasEnd ? null : 'no end', expected };
}
