import type { ArenaLabel, ArenaPolicy, ArenaReport, CreatePolicy, StartingKnowledge } from './arena-policy.ts';
import type { PreparedWorld } from './prepare-world.ts';
import { createLedger, type RegretLedger, sourceOf } from './regret-ledger.ts';
import { type Reaction, trackReactions } from './track-reactions.ts';

/** Regret in its two parts, per call, so that any price of quality can be laid on it afterwards. */
export interface ArenaResult {
  readonly calls: number;
  readonly sessions: number;
  /** Mean cost of a call above the clairvoyant's; what is saved on a call served below the bar is no saving. */
  readonly excessCost: number;
  /** The same with those savings counted, which pays for serving below the bar. */
  readonly netCost: number;
  /** Mean quality short of the bar (or of the best model where none reaches it). */
  readonly shortfall: number;
  readonly belowBarShare: number;
  readonly costToOptimum: number;
  readonly offList: number;
  readonly reactions: readonly Reaction[];
  readonly days: number;
  /** Per source, per call. */
  readonly ledger: RegretLedger;
  readonly report: ArenaReport | null;
}

const TICK_MS = 300_000;
const MINUTE_MS = 60_000;
/** A difference in quality that is none. */
const ROUNDING = 1e-9;

/** A policy's run through a world from the first session to the last. */
export function runArena(
  prepared: PreparedWorld,
  create: CreatePolicy,
  start: StartingKnowledge,
  seed: number,
): ArenaResult {
  const { world, all } = prepared;
  const policy = create(world, start, seed);
  const due = new Map<number, ArenaLabel[]>();
  const tracker = trackReactions(prepared, policy);
  const ledger = createLedger();
  let minute = 0;
  let tick = 0;
  let [calls, excess, net, shortfall, below, cost, optimal, offList] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (const session of all) {
    for (; minute * MINUTE_MS <= session.startMs; minute += 1) deliver(due, minute, policy);
    for (; tick * TICK_MS <= session.startMs; tick += 1) policy.tick?.(tick * TICK_MS, session.index);
    const choice = policy.choose(session);
    const outcome = prepared.serve(session, choice.model, choice.prefix);
    const optimum = prepared.optimum(session.shape, session.index);
    const factor = outcome.costPerCall / world.price(choice.model, session.index);
    const short = Math.max(0, optimum.required - outcome.quality);
    calls += session.calls;
    const difference = session.calls * (outcome.costPerCall - optimum.price * factor);
    net += difference;
    excess += Math.max(0, difference);
    shortfall += session.calls * short;
    if (short > ROUNDING) below += session.calls;
    if (short > ROUNDING || difference > ROUNDING) {
      const booked = ledger[sourceOf(prepared, session, choice, optimum, short)];
      booked.excess += Math.max(0, difference);
      booked.shortfall += session.calls * short;
    }
    cost += session.calls * outcome.costPerCall;
    optimal += session.calls * optimum.price * factor;
    if (!world.isListed(choice.model, session.index)) offList += 1;
    tracker.see(session, choice.model);
    const { score, hardFailure, endMs } = outcome;
    const at = Math.max(minute, Math.ceil(outcome.labelAtMs / MINUTE_MS));
    const labels = due.get(at) ?? [];
    labels.push({ session, choice, score, hardFailure, endMs });
    due.set(at, labels);
  }
  return {
    ...{ calls, sessions: all.length, excessCost: excess / calls, netCost: net / calls, shortfall: shortfall / calls },
    ...{ belowBarShare: below / calls, costToOptimum: cost / optimal, offList },
    ledger: perCall(ledger, calls),
    reactions: tracker.reactions(),
    days: (all.at(-1)?.startMs ?? 0) / 86_400_000,
    report: policy.report?.() ?? null,
  };
}

/** Composite regret per call: the cost above the optimum, and `lambda` for each unit of quality short of the bar. */
export function compositeRegret(result: Pick<ArenaResult, 'excessCost' | 'shortfall'>, lambda: number): number {
  return result.excessCost + lambda * result.shortfall;
}

function perCall(ledger: RegretLedger, calls: number): RegretLedger {
  for (const booked of Object.values(ledger)) {
    booked.excess /= calls;
    booked.shortfall /= calls;
  }
  return ledger;
}

function deliver(due: Map<number, ArenaLabel[]>, minute: number, policy: ArenaPolicy): void {
  for (const label of due.get(minute) ?? []) policy.learn(label);
  due.delete(minute);
}
