import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterResult } from './clusters/cluster-figure.ts';
import { CLUSTER_PARTS, type ClusterPart } from './clusters/cluster-parts.ts';
import { type ClusterReport, writeClusterPage } from './clusters/write-cluster-page.ts';
import type { WrittenFigure } from './scoring/scoring-report.ts';

const HELP = `Measure failure clusters: agreement with hidden labels, stability, attribution, speed.

  TRIMTAB_REAL_DATA=DIR npm run bench:clusters -- [--quick] [--json [FILE]] [--only NAME,NAME] [--write [FILE]]

  --quick         fewer draws and a smaller store: a few minutes at most
  --json [FILE]   write the figures as JSON, to FILE or to the screen
  --only A,B      only these parts: ${CLUSTER_PARTS.map((part) => part.name).join(', ')}
  --write [FILE]  write docs/clusters.md and its pictures from what was measured now, or from FILE that --json has left

Without TRIMTAB_REAL_DATA only what needs no recorded data is measured. Exit code 1 says that a part broke or that a
figure misses its bar.`;

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

const options = process.argv.slice(2);
const dataFolder = process.env['TRIMTAB_REAL_DATA'];

if (options.includes('--help')) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const earlier = fileAfter('--write');
  const report = earlier === undefined ? await measure() : (JSON.parse(readFileSync(earlier, 'utf8')) as ClusterReport);
  if (options.includes('--write')) write(report);
  if (earlier !== undefined) return;
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const jsonFile = fileAfter('--json');
  if (jsonFile !== undefined) writeFileSync(jsonFile, json);
  else if (options.includes('--json')) process.stdout.write(json);
}

function write(report: ClusterReport): void {
  writeFileSync(join(DOCS, 'clusters.md'), writeClusterPage(report));
  mkdirSync(join(DOCS, 'images'), { recursive: true });
  for (const [name, picture] of Object.entries(report.plots)) writeFileSync(join(DOCS, 'images', name), picture);
}

/** Measures part after part; one that breaks is reported and does not keep the others from being measured. */
async function measure(): Promise<ClusterReport> {
  const results: ClusterResult[] = [];
  const isQuick = options.includes('--quick');
  for (const part of CLUSTER_PARTS) {
    const startedAt = performance.now();
    const result = await measurePart(part, isQuick);
    results.push(result);
    for (const figure of result.figures) console.error(lineOf(figure));
    for (const { goal, reason } of result.notMeasured ?? []) console.error(`skip  ${goal}: ${reason}`);
    if (result.figures.some(({ pass }) => pass === false)) process.exitCode = 1;
    if (result.figures.length > 0) {
      console.error(`      ${part.name} took ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    }
  }
  return {
    figures: results.flatMap((result) => result.figures),
    tables: results.flatMap((result) => result.tables ?? []),
    plots: Object.assign({}, ...results.map((result) => result.plots ?? {})),
    notMeasured: results.flatMap((result) => result.notMeasured ?? []),
    environment: { node: process.version, cpus: cpus().length, quick: isQuick, writtenAt: new Date().toISOString() },
  };
}

async function measurePart(part: ClusterPart, isQuick: boolean): Promise<ClusterResult> {
  const missing = reasonToSkip(part);
  if (missing !== null) return { figures: [], notMeasured: [{ goal: part.name, reason: missing }] };
  try {
    return await part.measure(resolve(dataFolder ?? '.'), { isQuick });
  } catch (error) {
    console.error(`FAIL  ${part.name} broke:`, error);
    process.exitCode = 1;
    const reason = `it broke: ${error instanceof Error ? error.message : String(error)}`;
    return { figures: [], notMeasured: [{ goal: part.name, reason }] };
  }
}

function reasonToSkip(part: ClusterPart): string | null {
  const only = options.indexOf('--only');
  if (only >= 0 && !(options[only + 1] ?? '').split(',').includes(part.name)) return 'left out of this run by `--only`';
  if (!part.needsData) return null;
  if (dataFolder === undefined || dataFolder === '') return 'TRIMTAB_REAL_DATA is not set';
  return existsSync(dataFolder) ? null : `${dataFolder} does not exist`;
}

function lineOf({ id, value, op, bar, pass, n, interval }: WrittenFigure): string {
  const verdict = pass === null ? '    ' : pass ? 'pass' : 'FAIL';
  const range = interval.map((bound) => bound.toFixed(4)).join(', ');
  return `${verdict}  ${id.padEnd(20)} ${value.toFixed(4).padStart(12)} ${(bar === null ? '' : `${op} ${bar}`).padEnd(10)} n ${n}, 95 % [${range}]`;
}

function fileAfter(option: string): string | undefined {
  const at = options.indexOf(option);
  const next = at < 0 ? undefined : options[at + 1];
  return next === undefined || next.startsWith('--') ? undefined : next;
}
