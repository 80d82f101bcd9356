import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Figure } from '../arena/figure.ts';
import { judgeRecording, type RecordingVerdict } from './recordings/judge-recording.ts';
import { readRecordings } from './recordings/read-recordings.ts';

const HELP = `Play recorded replies of providers through their decoders, whole and streamed, and count those that arrive.

  npm run bench:recordings -- [--folder FOLDER] [--json [FILE]]

  --folder FOLDER  recordings: .json whole, .chunks.txt one stream event a line
                   (default: provider-recordings in the folder that TRIMTAB_REAL_DATA names)
  --json [FILE]    print the figures as JSON, or write them to FILE`;

const { values, positionals } = parseArgs({
  options: {
    folder: { type: 'string' },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const dataFolder = process.env['TRIMTAB_REAL_DATA'];
const folder = values.folder ?? (dataFolder === undefined ? undefined : join(dataFolder, 'provider-recordings'));

if (values.help) console.log(HELP);
else if (folder === undefined) {
  console.error('Set TRIMTAB_REAL_DATA to the folder with the recorded data, or give --folder.');
  process.exitCode = 2;
} else await measure(folder);

async function measure(recordings: string): Promise<void> {
  const verdicts: RecordingVerdict[] = [];
  for (const recording of readRecordings(recordings)) verdicts.push(await judgeRecording(recording));
  const failures = verdicts.filter(({ faults }) => faults.length > 0);
  const n = verdicts.length;
  const share = n === 0 ? 0 : (n - failures.length) / n;
  if (share < 1) process.exitCode = 1;
  if (values.json)
    print({ recordings_ok: share, n, failures, figures: [figure(share, n)], environment: environment() });
  else {
    for (const { name, faults } of failures) console.log(`${name}\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    console.log(`recordings_ok ${share.toFixed(4)} of ${n}`);
  }
}

/** Nothing is sampled: the interval is the share itself. */
function figure(value: number, n: number): Figure {
  return { id: 'recordings_ok', value, op: '>=', bar: 1, pass: value >= 1, n, interval: [value, value] };
}

function environment(): object {
  return { node: process.version, cpus: cpus().length };
}

function print(report: object): void {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const [file] = positionals;
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}
