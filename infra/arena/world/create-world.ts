import { createSeededRandom, type SeededRandom } from '../seeded-random.ts';
import { type DriftEvent, type DriftTargets, scriptDrift } from './drift-script.ts';
import { SEED_MODELS, SEED_SHAPES } from './seed-quality.ts';

/** A session before anybody has decided who serves it. */
export interface ArenaSession {
  readonly index: number;
  readonly id: string;
  readonly startMs: number;
  readonly shape: number;
  readonly calls: number;
}

/** What a model made of a session. `quality` is its true mean; `score` what the judge says, null when it never comes. */
export interface ArenaOutcome {
  readonly quality: number;
  readonly costPerCall: number;
  readonly score: number | null;
  readonly hardFailure: boolean;
  readonly endMs: number;
  readonly labelAtMs: number;
}

export interface World {
  readonly seed: number;
  readonly sessions: number;
  readonly bar: number;
  readonly shapes: readonly string[];
  readonly models: readonly { readonly id: string; readonly provider: string }[];
  readonly events: readonly DriftEvent[];
  session(index: number): ArenaSession;
  /** True mean quality in the world as it is at a session. */
  quality(shape: number, model: number, at: number, prefix: PrefixTried): number;
  price(model: number, at: number): number;
  isListed(model: number, at: number): boolean;
  serve(session: ArenaSession, model: number, prefix: PrefixTried): ArenaOutcome;
  /** What the judge says at a session of records that never change. */
  anchors(at: number): readonly number[];
}

/** 0 for none; 1 helps one model and harms the others; 2 looks harmless to its first canary sessions and then harms. */
export type PrefixTried = 0 | 1 | 2;

export const SESSIONS_PER_DAY = 5_000;
const DAY_MS = 86_400_000;
const SPACING_MS = DAY_MS / SESSIONS_PER_DAY;
/** Calls of a session: log-normal around eight, cut to 3 to 60. */
const CALLS = { median: 8, spread: 0.7, min: 3, max: 60 } as const;
const CALL_MS = 20_000;
const IDLE_MS = 600_000;
/** A call that went well is scored from Beta(18, 2), one that did not from Beta(2, 6): mean and variance. */
const GOOD = { mean: 0.9, variance: 0.0043 } as const;
const BAD = { mean: 0.25, variance: 0.0208 } as const;
/** Two judges differ by 0.12 (standard deviation) on the same answer in the recorded cross-judgements, each by 0.085. */
const JUDGE_NOISE = 0.085;
/** Part of a judge's error that is the same for all calls of a session, and share of calls that it sees. */
const JUDGE_SHARED = 0.3;
const JUDGED_CALLS = 0.3;
const JUDGE_DRIFT = 0.04;
/** Delay of a label after the session is over: median and spread of the logarithm (99 of 100 within ten minutes). */
const DELAY = { medianMs: 20_000, spread: 1.46, badFactor: 3 } as const;
const MISSING = { good: 0.015, bad: 0.03 } as const;
const ANCHORS = 50;
const OUTAGE_QUALITY = 0.1;
const SIZE = { cliff: 0.35, ramp: 0.2, collapse: 0.5, improvement: 0.3, prefixHelp: 0.05, prefixHarm: 0.15 } as const;
const RAMP_SESSIONS = 5_000;
const PRICE_FACTOR = 3;
/** Sessions of all traffic in which a canary of five in a hundred has had fifty. */
const LATE_BAD_AFTER = 1_000;

/** One world from one seed: who is good at what, what happens when, and who asks. Nothing in it remembers anything. */
export function createWorld(seed: number, sessions: number, bar = 0.75): World {
  const random = createSeededRandom(seed);
  const base = SEED_SHAPES.map((_, shape) =>
    SEED_MODELS.map((model) => clip(qualityOf(model.accuracy[shape] ?? 0) + 0.015 * random.normal())),
  );
  const correlation = SEED_SHAPES.map(() => 0.1 + 0.2 * random.uniform());
  const shares = zipf(random);
  const shifted = zipf(random);
  const newcomer = Math.floor(random.uniform() * 3);
  const drift = scriptDrift(random, sessions, targetsOf(base, shares, newcomer, bar));
  const events = drift.map((event) => (event.kind === 'new_model' ? { ...event, model: newcomer } : event));
  const during = (kind: DriftEvent['kind'], at: number) =>
    events.find((event) => event.kind === kind && at >= event.from && at < event.until);

  const helped = events.find((event) => event.kind === 'mixed_prefix')?.model;
  const turnsBadAt = (events.find((event) => event.kind === 'late_bad_canary')?.from ?? 0) + LATE_BAD_AFTER;

  const quality = (shape: number, model: number, at: number, prefix: PrefixTried): number => {
    let value = base[shape]?.[model] ?? 0;
    for (const event of events) {
      if (at < event.from || at >= event.until) continue;
      value += shiftOf(event, shape, model, at);
    }
    if (prefix === 1) value += model === helped ? SIZE.prefixHelp : -SIZE.prefixHarm;
    if (prefix === 2 && at >= turnsBadAt) value -= SIZE.prefixHarm;
    return during('outage', at)?.model === model ? OUTAGE_QUALITY : clip(value);
  };
  const price = (model: number, at: number) => {
    const factor = during('price_change', at)?.model === model ? PRICE_FACTOR : 1;
    return (SEED_MODELS[model]?.price ?? 0) * factor;
  };
  const isListed = (model: number, at: number) =>
    !events.some((event) => event.kind === 'new_model' && event.model === model && at < event.from);
  const session = (index: number) =>
    drawSession(seed, index, during('mix_shift', index) === undefined ? shares : shifted);
  const serve = (of: ArenaSession, model: number, prefix: PrefixTried): ArenaOutcome => {
    const draw = createSeededRandom((seed * 131 + model) * 1_000_003 + of.index);
    const mean = quality(of.shape, model, of.index, prefix);
    const hardFailure = during('outage', of.index)?.model === model;
    const bias = during('judge_drift', of.index) === undefined ? 0 : JUDGE_DRIFT;
    const shown = judged(draw, mean, of.calls, correlation[of.shape] ?? 0.2);
    const bad = shown < 0.5;
    const endMs = of.startMs + of.calls * CALL_MS;
    const delay = DELAY.medianMs * Math.exp(DELAY.spread * draw.normal()) * (bad ? DELAY.badFactor : 1);
    const missing = draw.uniform() < (bad ? MISSING.bad : MISSING.good);
    return {
      quality: mean,
      costPerCall: (price(model, of.index) * (1 + (of.calls - 1) * CACHED_CALL)) / of.calls,
      score: hardFailure ? 0.05 : missing ? null : unit(shown + bias),
      hardFailure,
      endMs,
      // An answer that never came is known at once; everything else when the session is over and judged.
      labelAtMs: hardFailure ? of.startMs + CALL_MS : endMs + IDLE_MS + delay,
    };
  };
  const anchors = (at: number) => {
    const draw = createSeededRandom(seed * 31 + at);
    const bias = during('judge_drift', at) === undefined ? 0 : JUDGE_DRIFT;
    return Array.from({ length: ANCHORS }, (_, anchor) => {
      const truth = anchor % 4 === 0 ? BAD.mean : GOOD.mean;
      return unit(truth + bias + JUDGE_NOISE * draw.normal());
    });
  };
  const models = SEED_MODELS.map(({ id, provider }) => ({ id, provider }));
  return {
    seed,
    sessions,
    bar,
    shapes: SEED_SHAPES,
    models,
    events,
    session,
    quality,
    price,
    isListed,
    serve,
    anchors,
  };
}

/** Price of a call after the first of a session, as a share: the prompt cache is why sessions stay with their model. */
const CACHED_CALL = 0.5;

function drawSession(seed: number, index: number, weights: readonly number[]): ArenaSession {
  const draw = createSeededRandom(seed * 65_537 + index);
  const calls = Math.round(CALLS.median * Math.exp(CALLS.spread * draw.normal()));
  return {
    index,
    id: `${seed}-${index}`,
    startMs: index * SPACING_MS,
    shape: pick(weights, draw.uniform()),
    calls: Math.min(CALLS.max, Math.max(CALLS.min, calls)),
  };
}

function shiftOf(event: DriftEvent, shape: number, model: number, at: number): number {
  if (event.model !== model) return 0;
  switch (event.kind) {
    case 'cliff':
      return -SIZE.cliff;
    case 'ramp':
      return -SIZE.ramp * Math.min(1, (at - event.from) / RAMP_SESSIONS);
    case 'shape_collapse':
      return shape === event.shape ? -SIZE.collapse : 0;
    case 'cheap_improvement':
      return SIZE.improvement;
    default:
      return 0;
  }
}

function judged(draw: SeededRandom, mean: number, calls: number, correlation: number): number {
  const chance = Math.min(0.999, Math.max(0.001, (mean - BAD.mean) / (GOOD.mean - BAD.mean)));
  const precision = (1 - correlation) / correlation;
  const own = draw.beta(chance * precision, (1 - chance) * precision);
  let good = 0;
  for (let call = 0; call < calls; call += 1) if (draw.uniform() < own) good += 1;
  const bad = calls - good;
  const variance = (good * GOOD.variance + bad * BAD.variance) / calls ** 2;
  const judgeVariance = JUDGE_NOISE ** 2 * (JUDGE_SHARED + (1 - JUDGE_SHARED) / Math.max(1, JUDGED_CALLS * calls));
  const value = (good * GOOD.mean + bad * BAD.mean) / calls;
  return unit(value + draw.normal() * Math.sqrt(variance + judgeVariance));
}

/** Quality of a session whose calls are right with this chance. */
function qualityOf(accuracy: number): number {
  return BAD.mean + (GOOD.mean - BAD.mean) * accuracy;
}

function clip(quality: number): number {
  return Math.min(GOOD.mean, Math.max(BAD.mean, quality));
}

function unit(score: number): number {
  return Math.min(1, Math.max(0, score));
}

/** Traffic shares 1/rank over the shapes, in an order of its own. */
function zipf(random: SeededRandom): number[] {
  const order = SEED_SHAPES.map((_, shape) => ({ shape, key: random.uniform() })).sort((a, b) => a.key - b.key);
  const shares: number[] = SEED_SHAPES.map(() => 0);
  let total = 0;
  for (const [rank, { shape }] of order.entries()) {
    shares[shape] = 1 / (rank + 1);
    total += 1 / (rank + 1);
  }
  return shares.map((share) => share / total);
}

function pick(shares: readonly number[], u: number): number {
  let passed = 0;
  for (const [index, share] of shares.entries()) {
    passed += share;
    if (u < passed) return index;
  }
  return shares.length - 1;
}

function targetsOf(
  base: readonly (readonly number[])[],
  shares: readonly number[],
  newcomer: number,
  bar: number,
): DriftTargets {
  const traffic = SEED_MODELS.map(() => 0);
  const bestOf = base.map((row) => row.findIndex((quality, model) => model !== newcomer && quality >= bar));
  for (const [shape, best] of bestOf.entries()) {
    if (best >= 0) traffic[best] = (traffic[best] ?? 0) + (shares[shape] ?? 0);
  }
  const byTraffic = traffic
    .map((share, model) => ({ share, model }))
    .sort((left, right) => right.share - left.share)
    .map(({ model }) => model);
  const heavyShapeOf = (model: number) =>
    bestOf.reduce(
      (best, served, shape) => (served === model && (shares[shape] ?? 0) > (shares[best] ?? -1) ? shape : best),
      -1,
    );
  const cheap = [0, 1, 2].filter((model) => model !== newcomer);
  const gain = (model: number) =>
    base.reduce((sum, row, shape) => {
      const own = row[model] ?? 0;
      return sum + (own < bar && own + SIZE.improvement > bar + 0.03 ? (shares[shape] ?? 0) : 0);
    }, 0);
  const model = cheap.reduce((best, each) => (gain(each) > gain(best) ? each : best), cheap[0] ?? 0);
  return { byTraffic, heavyShapeOf, improvable: { model, shape: -1 } };
}
