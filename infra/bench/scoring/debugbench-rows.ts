import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

/** A recorded repair: the program that was given, what a model made of it, and whether the judge's tests passed. */
export interface DebugbenchRow {
  readonly slug: string;
  readonly buggy: string;
  readonly fixed: string;
  /** The label; nothing that is measured may look at it. */
  readonly passed: boolean;
}

const rowSchema = z.looseObject({
  slug: z.string(),
  buggy_code: z.string(),
  fixed_code: z.string(),
  passed: z.boolean(),
});

export function readDebugbench(dataFolder: string): readonly DebugbenchRow[] {
  return gunzipSync(readFileSync(join(dataFolder, 'debugbench', 'python3-repairs.jsonl.gz')))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = rowSchema.parse(JSON.parse(line));
      return { slug: row.slug, buggy: row.buggy_code, fixed: row.fixed_code, passed: row.passed };
    });
}
