import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const STREAM_ENDING = '.chunks.txt';
const WHOLE_ENDING = '.json';

/** A recorded reply: a stream's events as they were written, one a line, or a whole body. */
export interface Recording {
  readonly name: string;
  readonly kind: 'stream' | 'whole';
  readonly lines: readonly string[];
}

/** Every recorded reply in a folder and the ones below it. */
export function readRecordings(folder: string): readonly Recording[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.flatMap((name): Recording[] => {
    const isStream = name.endsWith(STREAM_ENDING);
    if (!isStream && !name.endsWith(WHOLE_ENDING)) return [];
    const text = readFileSync(join(folder, name), 'utf8');
    if (!isStream) return [{ name, kind: 'whole', lines: [text] }];
    return [{ name, kind: 'stream', lines: text.split('\n').filter((line) => line.trim() !== '') }];
  });
}
