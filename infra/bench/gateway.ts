import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { CELLS, type Cell, modelOf } from './gateway/cells.ts';
import { figuresOf, type GatewayFigure } from './gateway/gateway-figures.ts';
import { measureCell, sampleTarget } from './gateway/measure-cell.ts';
import { connectPeer, type Peer, readPeers } from './gateway/peers.ts';
import { printFigures } from './gateway/print-figures.ts';
import { peakMemoryMb } from './gateway/processor-time.ts';
import { startTargets } from './gateway/start-targets.ts';
import type { Target } from './gateway/target.ts';

const HELP = `Measure what the gateway adds to a call, beside a pass-through that does nothing but hand bytes on.

  npm run bench:gateway [-- [--rounds N] [--seconds S] [--only CELL,CELL] [--peer NAME=URL …] [--json]]

  --rounds N                  rounds of each cell (default 5); in a round every target is loaded once, in turn
  --seconds S                 how long each target is loaded in a round (default 0.8)
  --only A,B                  cells whose names hold one of these
  --upstream-port N           where the model server listens (default: any free port), for peers to be pointed at
  --peer NAME=URL             another gateway that you start yourself, loaded in the same rounds; a path that ends in
                              /messages takes Anthropic's format, any other one OpenAI's. May be given several times
  --peer-model NAME=TEMPLATE  what that gateway knows a model by; {model} stands for ${[...new Set(CELLS.map(modelOf))].join(', ')}
  --json                      print the figures as JSON instead; progress goes to standard error

Examples:
  npm run bench:gateway
  npm run bench:gateway -- --only a-c32 --upstream-port 9100 --peer other=http://127.0.0.1:4000/v1/messages

Takes about two minutes. Everything runs on this machine: a model server that answers at once, the pass-through, and a
gateway with PostgreSQL, with its keys, routing and durable spool on. Compare ratios, never figures of different runs.`;

/** A gateway is a program that runs for days: what its first thousand calls cost is not what its calls cost. */
const WARM_UP_SECONDS = 4;
const WARM_UP_CELLS: readonly string[] = ['a-c32', 'b-c1', 'stream-a-c32'];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.8' },
    only: { type: 'string' },
    'upstream-port': { type: 'string', default: '0' },
    peer: { type: 'string', multiple: true, default: [] },
    'peer-model': { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await measure(optionsGiven());

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly upstreamPort: number;
  readonly cells: readonly Cell[];
  readonly peers: readonly Peer[];
}

function optionsGiven(): Options {
  try {
    return {
      rounds: Math.max(2, numberGiven('rounds')),
      seconds: Math.max(0.1, numberGiven('seconds')),
      upstreamPort: numberGiven('upstream-port'),
      cells: cellsGiven(values.only),
      peers: readPeers(values.peer, values['peer-model']),
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function numberGiven(name: 'rounds' | 'seconds' | 'upstream-port'): number {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`--${name} ${values[name]}: write a number`);
  return value;
}

function cellsGiven(only: string | undefined): readonly Cell[] {
  const parts = only?.split(',');
  const cells = CELLS.filter(({ name }) => parts === undefined || parts.some((part) => name.includes(part)));
  if (cells.length > 0) return cells;
  throw new RangeError(`--only ${only}: there are ${CELLS.map(({ name }) => name).join(', ')}`);
}

async function measure({ rounds, seconds, upstreamPort, cells, peers }: Options): Promise<void> {
  console.error('starting a model server, a pass-through and a gateway with its database …');
  const started = await startTargets([...new Set(CELLS.map(modelOf))], upstreamPort);
  try {
    const targets: readonly Target[] = [...started.targets, ...(await Promise.all(peers.map(connectPeer)))];
    const figures: GatewayFigure[] = [];
    console.error('warming up …');
    for (const cell of CELLS.filter(({ name }) => WARM_UP_CELLS.includes(name))) {
      for (const target of targets.slice(1)) await sampleTarget(cell, target, WARM_UP_SECONDS);
    }
    for (const [index, cell] of cells.entries()) {
      console.error(`${index + 1}/${cells.length} ${cell.name}`);
      figures.push(...figuresOf(cell, await measureCell(cell, targets, rounds, seconds)));
    }
    const peaks = targets.map(({ name, pid }) => ({ name, peakMemoryMb: peakMemoryMb(pid) }));
    const machine = { node: process.version, processors: cpus().length };
    if (values.json) console.log(JSON.stringify({ ...machine, figures, peaks }, null, 2));
    else printFigures(machine, figures, peaks);
  } finally {
    await started.stop();
  }
}
