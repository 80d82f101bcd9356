import { isRecord, type JsonRecord } from '../json.ts';

const WRITING_TOOL =
  /^(write|edit|multi_?edit|notebook_?edit|apply_patch|str_replace|create_file|write_file|edit_file|insert)/i;
/** Ends of file names that are code; prose and data are judged by what the task was. */
const CODE_FILE = /\.(ts|tsx|js|jsx|mjs|cjs|py|go|java|rs|c|h|cc|cpp|hpp|cs|rb|php|swift|kt|scala|sh|sql|vue|svelte)$/i;
const FENCE = /```[a-z+#]+\n([\s\S]*?)```/gi;
/** Shorter pieces are examples in passing. */
const FENCED_LINES_MIN = 8;

/** Whether a reply writes code: it changes a file of code, or holds a piece of some length. */
export function writesCode(response: JsonRecord | null): boolean {
  const content = response?.['content'];
  if (!Array.isArray(content)) return false;
  return (content as unknown[]).filter(isRecord).some((block) => {
    if (block['type'] === 'text') return holdsCode(String(block['text'] ?? ''));
    return block['type'] === 'tool_use' && changesCode(String(block['name'] ?? ''), block['input']);
  });
}

function changesCode(name: string, input: unknown): boolean {
  if (!WRITING_TOOL.test(name) || !isRecord(input)) return false;
  if (/patch/i.test(name)) return true;
  return Object.values(input).some((value) => typeof value === 'string' && value.length < 500 && CODE_FILE.test(value));
}

function holdsCode(text: string): boolean {
  return [...text.matchAll(FENCE)].some((fence) => (fence[1] ?? '').split('\n').length > FENCED_LINES_MIN);
}
