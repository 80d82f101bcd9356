import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { meanInterval } from '../arena/intervals.ts';
import { load } from './gateway/load.ts';
import { type PayloadSize, payloadOf } from './gateway/payloads.ts';
import { peakMemoryMb, processorTimeUs } from './gateway/processor-time.ts';
import { startTargets, type Target } from './gateway/start-targets.ts';

const HELP = `Measure what the gateway adds to a call, beside a pass-through that does nothing but hand bytes on.

  npm run bench:gateway [-- [--rounds N] [--seconds S] [--only CELL,CELL] [--json [FILE]]]

  --rounds N    rounds of each cell (default 5); in a round every target is loaded once, in turn
  --seconds S   how long each target is loaded in a round (default 0.8)
  --only A,B    cells whose names hold one of these
  --json        print the figures as JSON instead; progress goes to standard error

Takes about two minutes. Everything runs on this machine: a model server that answers at once, the pass-through, and a
gateway with PostgreSQL, with its keys, routing and durable spool on. Compare ratios, never figures of different runs.`;

interface Cell {
  readonly name: string;
  readonly size: PayloadSize;
  readonly connections: number;
  /** Pieces of a streamed answer and the milliseconds between them; null for an answer in one. */
  readonly stream: { readonly pieces: number; readonly gapMs: number } | null;
}

const CELLS: readonly Cell[] = [
  { name: 'a-c1', size: 'a', connections: 1, stream: null },
  { name: 'a-c32', size: 'a', connections: 32, stream: null },
  { name: 'b-c1', size: 'b', connections: 1, stream: null },
  { name: 'b-c32', size: 'b', connections: 32, stream: null },
  { name: 'stream-b-c1', size: 'b', connections: 1, stream: { pieces: 12, gapMs: 5 } },
  { name: 'stream-a-c32', size: 'a', connections: 32, stream: { pieces: 50, gapMs: 10 } },
];

interface Sample {
  readonly p50Us: number;
  readonly firstPieceUs: number;
  readonly callsPerSecond: number;
  readonly processorUsPerCall: number;
  readonly calls: number;
}

interface Figure {
  readonly cell: string;
  readonly figure: string;
  readonly direct: number | null;
  readonly passThrough: number;
  readonly trimtab: number;
  /** Trimtab's ÷ the pass-through's, of the same round: mean and 95 % interval over rounds. */
  readonly ratio: number;
  readonly interval: readonly [low: number, high: number];
  readonly rounds: number;
  /** Calls that Trimtab answered. */
  readonly n: number;
}

/** A gateway is a program that runs for days: what its first thousand calls cost is not what its calls cost. */
const WARM_UP_SECONDS = 4;
const WARM_UP_CELLS: readonly string[] = ['a-c32', 'b-c1', 'stream-a-c32'];
const WARM_UP_FACTOR = 1.5;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.8' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await measure(Math.max(2, Number(values.rounds)), Math.max(0.1, Number(values.seconds)));

async function measure(rounds: number, seconds: number): Promise<void> {
  const wanted = values.only?.split(',');
  const cells = CELLS.filter(({ name }) => wanted === undefined || wanted.some((part) => name.includes(part)));
  console.error('starting a model server, a pass-through and a gateway with its database …');
  const { targets, stop } = await startTargets([...new Set(CELLS.map(modelOf))]);
  try {
    const figures: Figure[] = [];
    console.error('warming up …');
    for (const cell of CELLS.filter(({ name }) => WARM_UP_CELLS.includes(name))) {
      for (const target of targets.slice(1)) await sample(cell, target, WARM_UP_SECONDS);
    }
    for (const [index, cell] of cells.entries()) {
      console.error(`${index + 1}/${cells.length} ${cell.name}`);
      figures.push(...(await measureCell(cell, targets, rounds, seconds)));
    }
    const peaks = targets.map(({ name, pid }) => ({ name, peakMemoryMb: peakMemoryMb(pid) }));
    print(figures, peaks);
  } finally {
    await stop();
  }
}

function modelOf({ stream }: Cell): string {
  return stream === null ? 'bench' : `bench-${stream.pieces}-${stream.gapMs}`;
}

async function measureCell(
  cell: Cell,
  targets: readonly Target[],
  rounds: number,
  seconds: number,
): Promise<readonly Figure[]> {
  for (const target of targets) await sample(cell, target, seconds * WARM_UP_FACTOR);
  const samples = new Map<Target['name'], Sample[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < targets.length; turn += 1) {
      const target = targets[(turn + round) % targets.length];
      if (target !== undefined) samples.get(target.name)?.push(await sample(cell, target, seconds));
    }
  }
  const of = (name: Target['name']): readonly Sample[] => samples.get(name) ?? [];
  return figuresOf(cell, of('direct'), of('pass-through'), of('trimtab'));
}

async function sample(cell: Cell, target: Target, seconds: number): Promise<Sample> {
  const { port, path, headers, format, pid } = target;
  const body = payloadOf(cell.size, format, modelOf(cell), cell.stream !== null);
  const request = { port, path, headers, body, firstPiece: cell.stream === null ? null : 'piece 0' };
  const before = processorTimeUs(pid);
  const { latenciesUs, firstPiecesUs, seconds: took } = await load(request, cell.connections, seconds * 1_000);
  const after = processorTimeUs(pid);
  return {
    p50Us: median([...latenciesUs]),
    firstPieceUs: firstPiecesUs.length === 0 ? Number.NaN : median([...firstPiecesUs]),
    callsPerSecond: latenciesUs.length / took,
    processorUsPerCall: before === null || after === null ? Number.NaN : (after - before) / latenciesUs.length,
    calls: latenciesUs.length,
  };
}

function figuresOf(
  { name: cell, stream, connections }: Cell,
  direct: readonly Sample[],
  passThrough: readonly Sample[],
  trimtab: readonly Sample[],
): readonly Figure[] {
  const n = trimtab.reduce((sum, { calls }) => sum + calls, 0);
  const figure = (name: string, of: (sample: Sample, round: number) => number, hasDirect: boolean): Figure => {
    const ratios = trimtab.map((sample, round) => of(sample, round) / of(passThrough[round] ?? sample, round));
    const { mean, low, high } = meanInterval(ratios);
    const middle = (samples: readonly Sample[]): number => median(samples.map(of));
    return {
      ...{ cell, figure: name, direct: hasDirect ? middle(direct) : null, passThrough: middle(passThrough) },
      ...{ trimtab: middle(trimtab), ratio: mean, interval: [low, high], rounds: trimtab.length, n },
    };
  };
  /** Over the model server of the same round, which is what the way through costs. */
  const added = (of: (sample: Sample) => number) => (sample: Sample, round: number) =>
    of(sample) - of(direct[round] ?? sample);
  const processor = figure('processor us/call', ({ processorUsPerCall }) => processorUsPerCall, false);
  if (stream !== null) {
    return [
      figure(
        'added us to first piece, p50',
        added(({ firstPieceUs }) => firstPieceUs),
        false,
      ),
      processor,
    ];
  }
  const latency = figure(
    'added us, p50',
    added(({ p50Us }) => p50Us),
    false,
  );
  const throughput = figure('calls/s', ({ callsPerSecond }) => callsPerSecond, true);
  // With one call at a time, calls per second say the same as the latency; with many, the latency is their queue.
  return connections === 1 ? [latency, processor] : [throughput, processor];
}

function print(figures: readonly Figure[], peaks: readonly { name: string; peakMemoryMb: number | null }[]): void {
  if (values.json) {
    console.log(JSON.stringify({ node: process.version, processors: cpus().length, figures, peaks }, null, 2));
    return;
  }
  console.log(`\nNode ${process.version}, ${cpus().length} processors\n`);
  console.log('| cell | figure | pass-through | Trimtab | Trimtab ÷ pass-through (95 %) | n |');
  console.log('|---|---|---|---|---|---|');
  for (const { cell, figure, passThrough, trimtab, ratio, interval, n } of figures) {
    const [low, high] = interval;
    console.log(
      `| ${cell} | ${figure} | ${rounded(passThrough)} | ${rounded(trimtab)} | ${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) | ${n} |`,
    );
  }
  for (const { name, peakMemoryMb } of peaks) {
    if (peakMemoryMb !== null) console.log(`\nPeak memory of ${name}: ${rounded(peakMemoryMb)} MB`);
  }
}

function rounded(value: number): string {
  return Number.isNaN(value) ? 'not known here' : Math.round(value).toLocaleString('en');
}
