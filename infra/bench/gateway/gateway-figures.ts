import { median } from 'simple-statistics';
import { meanInterval } from '../../arena/intervals.ts';
import type { Cell } from './cells.ts';
import type { Sample, Samples } from './measure-cell.ts';
import { DIRECT, TRIMTAB } from './target.ts';

/** Trimtab beside one other target of the same run. */
export interface Comparison {
  readonly peer: string;
  readonly value: number;
  /** Trimtab's ÷ the peer's, of the same round: mean and 95 % interval over rounds. */
  readonly ratio: number;
  readonly interval: readonly [low: number, high: number];
}

export interface GatewayFigure {
  readonly cell: string;
  readonly figure: string;
  readonly trimtab: number;
  readonly beside: readonly Comparison[];
  readonly rounds: number;
  /** Calls that Trimtab answered. */
  readonly n: number;
}

type Measure = (sample: Sample, round: number) => number;

/** The figures of one cell, beside every target but the model server. */
export function figuresOf({ name: cell, stream, connections }: Cell, samples: Samples): readonly GatewayFigure[] {
  const ours = samples.get(TRIMTAB) ?? [];
  const direct = samples.get(DIRECT) ?? [];
  const peers = [...samples.keys()].filter((name) => name !== TRIMTAB && name !== DIRECT);
  const n = ours.reduce((sum, { calls }) => sum + calls, 0);
  const figure = (name: string, of: Measure): GatewayFigure => ({
    ...{ cell, figure: name, trimtab: median(ours.map(of)), rounds: ours.length, n },
    beside: peers.map((peer) => compare(peer, ours, samples.get(peer) ?? [], of)),
  });
  /** Over the model server of the same round, which is what the way through costs. */
  const added =
    (of: (sample: Sample) => number): Measure =>
    (sample, round) =>
      of(sample) - of(direct[round] ?? sample);
  const processor = figure('processor us/call', ({ processorUsPerCall }) => processorUsPerCall);
  if (stream !== null) {
    return [
      figure(
        'added us to first piece, p50',
        added(({ firstPieceUs }) => firstPieceUs),
      ),
      processor,
    ];
  }
  const latency = figure(
    'added us, p50',
    added(({ p50Us }) => p50Us),
  );
  const throughput = figure('calls/s', ({ callsPerSecond }) => callsPerSecond);
  // With one call at a time, calls per second say the same as the latency; with many, the latency is their queue.
  return connections === 1 ? [latency, processor] : [throughput, processor];
}

function compare(peer: string, ours: readonly Sample[], theirs: readonly Sample[], of: Measure): Comparison {
  const ratios = ours.map((sample, round) => of(sample, round) / of(theirs[round] ?? sample, round));
  const { mean, low, high } = meanInterval(ratios);
  return { peer, value: median(theirs.map(of)), ratio: mean, interval: [low, high] };
}
