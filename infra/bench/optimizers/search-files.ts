import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SearchCheckpoint } from '../../../services/optimizer/prompts/contract/search-checkpoint.ts';
import type { CacheEntry, EvaluationCache } from '../../../services/optimizer/prompts/contract/search-ports.ts';

/** A cache in a file, a line an entry. A line that a kill has cut off is as if it had never been written. */
export function createFileCache(folder: string): EvaluationCache {
  const path = join(folder, 'cache.jsonl');
  const entries = new Map<string, CacheEntry>();
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(path, whole);
  for (const line of whole.split('\n').filter((each) => each !== '')) {
    const { key, entry } = JSON.parse(line) as { key: string; entry: CacheEntry };
    entries.set(key, entry);
  }
  return {
    read: async (keys) =>
      new Map(keys.flatMap((key) => (entries.has(key) ? [[key, entries.get(key) as CacheEntry]] : []))),
    write: async (key, entry) => {
      if (entries.has(key)) return;
      entries.set(key, entry);
      appendFileSync(path, `${JSON.stringify({ key, entry })}\n`);
    },
  };
}

/** Whole or not at all: written beside it and renamed. */
export function saveCheckpoint(folder: string, checkpoint: SearchCheckpoint): void {
  const path = join(folder, 'checkpoint.json');
  writeFileSync(`${path}.new`, JSON.stringify(checkpoint));
  renameSync(`${path}.new`, path);
}

export function loadCheckpoint(folder: string): SearchCheckpoint | null {
  const path = join(folder, 'checkpoint.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SearchCheckpoint) : null;
}
