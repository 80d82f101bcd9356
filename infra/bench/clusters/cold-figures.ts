import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { below, type ClusterResult } from './cluster-figure.ts';

const RUN = fileURLToPath(new URL('./cold-run.ts', import.meta.url));
const FAILURES = 100_000;
const DEADLINE_MS = 600_000;

const coldSchema = z.object({
  seconds: z.number(),
  megabytes: z.number(),
  signedMs: z.number(),
  embeddedMs: z.number(),
  templates: z.number(),
  clusters: z.number(),
});

/** A backlog of a hundred thousand failures from nothing to clusters; the figure is the slower embedder's. */
export async function coldFigures(dataFolder: string): Promise<ClusterResult> {
  const runs = [];
  for (const embedder of ['default', 'local'] as const) {
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, dataFolder, embedder, String(FAILURES)], {
      timeout: DEADLINE_MS,
    });
    runs.push({ embedder, ...coldSchema.parse(JSON.parse(stdout)) });
  }
  const worst = (values: readonly number[]) => Math.max(...values);
  const [seconds, megabytes] = [runs.map((run) => run.seconds), runs.map((run) => run.megabytes)];
  const range = (values: readonly number[]) => [Math.min(...values), worst(values)] as const;
  return {
    figures: [
      below(60, { id: 'cold_100k_s', value: worst(seconds), n: FAILURES, interval: range(seconds) }),
      below(1_000, { id: 'cold_100k_mb', value: worst(megabytes), n: FAILURES, interval: range(megabytes) }),
    ],
    tables: [
      {
        title: 'A hundred thousand failures from nothing',
        columns: ['embedder', 'seconds', 'of it masking and signing', 'of it embedding', 'MB', 'templates', 'clusters'],
        rows: runs.map((run) => [
          ...[run.embedder, run.seconds, run.signedMs / 1_000, run.embeddedMs / 1_000],
          ...[run.megabytes, run.templates, run.clusters],
        ]),
      },
    ],
  };
}
