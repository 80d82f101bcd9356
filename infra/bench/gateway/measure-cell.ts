import { median } from 'simple-statistics';
import { type Cell, modelOf } from './cells.ts';
import { load } from './load.ts';
import { payloadOf } from './payloads.ts';
import { processorTimeUs } from './processor-time.ts';
import type { Target } from './target.ts';

/** What one target did in one round. */
export interface Sample {
  readonly p50Us: number;
  readonly firstPieceUs: number;
  readonly callsPerSecond: number;
  readonly processorUsPerCall: number;
  readonly calls: number;
}

/** Samples by target, one of each round; the n-th of two targets are of the same round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

const WARM_UP_FACTOR = 1.5;

/** Loads every target once in a round, in turn, so that what else the machine does hits all alike. */
export async function measureCell(
  cell: Cell,
  targets: readonly Target[],
  rounds: number,
  seconds: number,
): Promise<Samples> {
  for (const target of targets) await sampleTarget(cell, target, seconds * WARM_UP_FACTOR);
  const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < targets.length; turn += 1) {
      const target = targets[(turn + round) % targets.length];
      if (target !== undefined) samples.get(target.name)?.push(await sampleTarget(cell, target, seconds));
    }
  }
  return samples;
}

export async function sampleTarget(cell: Cell, target: Target, seconds: number): Promise<Sample> {
  const { port, path, headers, format, pid, modelTemplate } = target;
  const model = modelTemplate.replace('{model}', modelOf(cell));
  const body = payloadOf(cell.size, format, model, cell.stream !== null);
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
