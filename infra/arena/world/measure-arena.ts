import { setImmediate } from 'node:timers/promises';
import {
  BASELINES,
  CALL_SAMPLER,
  type Contestant,
  FORGETTING_SAMPLER,
  type Setting,
} from '../baselines/tuned-baselines.ts';
import type { Figure } from '../figure.ts';
import { meanInterval } from '../intervals.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { prepareWorld } from './prepare-world.ts';
import { type ArenaResult, compositeRegret, runArena } from './run-arena.ts';
import { trimtab } from './trimtab.ts';

export interface ArenaOptions {
  readonly quick: boolean;
  readonly seed: number;
  readonly progress?: ((line: string) => void) | undefined;
}

/** One policy with its best setting, in the worlds that it was not tuned on. */
export interface ArenaRow {
  readonly name: string;
  readonly setting: string;
  readonly warm: boolean;
  readonly results: readonly ArenaResult[];
}

export interface ArenaMeasurement {
  readonly figures: readonly Figure[];
  readonly rows: readonly ArenaRow[];
  readonly sessions: number;
  readonly worlds: number;
  readonly tuningWorlds: number;
}

/** One point under the bar costs as much as three hundredths of the top price of 20. */
export const LAMBDA = 60;
const FULL = { sessions: 60_000, worlds: 36, tuning: 6, tuningSessions: 40_000 } as const;
const QUICK = { sessions: 30_000, worlds: 2, tuning: 1, tuningSessions: 15_000 } as const;
const WARM_BAR = 0.6;
const COLD_BAR = 0.8;
const RESAMPLES = 2_000;
export const OURS = 'Trimtab';
/** What Trimtab is tuned over, like every baseline: how much it may explore, and how much moves in a step. */
const OUR_SETTINGS: readonly Setting[] = [0.05, 0.075, 0.1].flatMap((exploration) =>
  [0.25, 1].map((weightStepMax) => ({
    label: `exploration ${exploration}, steps of ${weightStepMax}`,
    create: trimtab({ exploration, weightStepMax }),
  })),
);
/** Tuning and measuring never share a world. */
const TUNING_OFFSET = 500_000;

/** Every policy tuned on some worlds and measured on others, warm and cold, and the figures that come of it. */
export async function measureArena(options: ArenaOptions): Promise<ArenaMeasurement> {
  const size = options.quick ? QUICK : FULL;
  const contestants: Contestant[] = [...BASELINES, { name: OURS, settings: OUR_SETTINGS }];
  const chosen = await tune(contestants, options, size);
  const rows = chosen.map((each) => ({ ...each, results: [] as ArenaResult[] }));
  for (let world = 0; world < size.worlds; world += 1) {
    options.progress?.(`arena: world ${world + 1} of ${size.worlds}`);
    const prepared = prepareWorld(options.seed + world, size.sessions);
    for (const row of rows) {
      await setImmediate();
      row.results.push(runArena(prepared, row.create, { warm: row.warm }, options.seed + world));
    }
  }
  const measured = rows.map(({ name, setting, warm, results }) => ({ name, setting, warm, results }));
  return {
    ...{ figures: figuresOf(measured, options.seed), rows: measured, sessions: size.sessions },
    ...{ worlds: size.worlds, tuningWorlds: size.tuning },
  };
}

interface Chosen extends Pick<Setting, 'create'> {
  readonly name: string;
  readonly setting: string;
  readonly warm: boolean;
}

/** The best setting of every contestant by its composite regret, for each kind of start, on the tuning worlds. */
async function tune(
  contestants: readonly Contestant[],
  options: ArenaOptions,
  size: { readonly tuning: number; readonly tuningSessions: number },
): Promise<Chosen[]> {
  const regrets = new Map<string, number>();
  const keyOf = (contestant: Contestant, setting: Setting, warm: boolean) =>
    `${contestant.name} ${setting.label} ${warm}`;
  const several = contestants.filter((contestant) => contestant.settings.length > 1);
  for (let world = 0; world < size.tuning; world += 1) {
    options.progress?.(`arena: tuning on world ${world + 1} of ${size.tuning}`);
    const prepared = prepareWorld(options.seed + TUNING_OFFSET + world, size.tuningSessions);
    for (const contestant of several) {
      await setImmediate();
      for (const setting of contestant.settings) {
        for (const warm of [true, false]) {
          const result = runArena(prepared, setting.create, { warm }, options.seed + world);
          const key = keyOf(contestant, setting, warm);
          regrets.set(key, (regrets.get(key) ?? 0) + compositeRegret(result, LAMBDA));
        }
      }
    }
  }
  return contestants.flatMap((contestant) =>
    [true, false].flatMap((warm): Chosen[] => {
      const regret = (setting: Setting) => regrets.get(keyOf(contestant, setting, warm)) ?? 0;
      const [first, ...others] = contestant.settings;
      if (first === undefined) return [];
      const best = others.reduce((better, each) => (regret(each) < regret(better) ? each : better), first);
      return [{ name: contestant.name, setting: best.label, warm, create: best.create }];
    }),
  );
}

function figuresOf(rows: readonly ArenaRow[], seed: number): Figure[] {
  const find = (name: string, warm: boolean) =>
    rows.find((row) => row.name === name && row.warm === warm)?.results ?? [];
  const ratio = (id: string, warm: boolean, sampler: string, loss: Loss): Figure => {
    const bar = warm ? WARM_BAR : COLD_BAR;
    const pairs = zip(find(OURS, warm), find(sampler, warm));
    const value = ratioOf(pairs, loss);
    return { id, value, op: '<=', bar, pass: value <= bar, n: pairs.length, interval: resampled(pairs, loss, seed) };
  };
  const ours = [...find(OURS, true), ...find(OURS, false)];
  const recoveries = find(OURS, true).flatMap((result) => result.reactions.filter((each) => each.type === 'recovery'));
  const calls = meanInterval(recoveries.map((each) => each.calls));
  const flaps = recoveries.reduce((sum, each) => sum + each.flaps, 0);
  const offList = ours.reduce((sum, result) => sum + result.offList, 0);
  const sessions = ours.reduce((sum, result) => sum + result.sessions, 0);
  return [
    ratio('regret_warm', true, FORGETTING_SAMPLER, regretOf),
    ratio('regret_cold', false, FORGETTING_SAMPLER, regretOf),
    ratio('regret_warm_grid63', true, CALL_SAMPLER, regretOf),
    ratio('regret_cold_grid63', false, CALL_SAMPLER, regretOf),
    ratio('regret_warm_signed', true, FORGETTING_SAMPLER, signedOf),
    ratio('regret_cold_signed', false, FORGETTING_SAMPLER, signedOf),
    {
      ...{ id: 'recovery_calls', value: calls.mean, op: '<=', bar: 2_500, pass: calls.mean <= 2_500 },
      ...{ n: recoveries.length, interval: [calls.low, calls.high] },
    },
    {
      ...{ id: 'recovery_flaps', value: flaps / Math.max(1, recoveries.length), op: '<=', bar: 1 },
      ...{ pass: flaps <= recoveries.length, n: recoveries.length },
      interval: flapInterval(recoveries.map((each) => each.flaps)),
    },
    { id: 'off_list', value: offList, op: '<=', bar: 0, pass: offList === 0, n: sessions, interval: [0, 3 / sessions] },
  ];
}

function flapInterval(flaps: readonly number[]): [number, number] {
  const { low, high } = meanInterval(flaps);
  return [low, high];
}

type Loss = (result: ArenaResult) => number;

const regretOf: Loss = (result) => compositeRegret(result, LAMBDA);
/** With what is saved below the bar counted as saved. */
export const signedOf: Loss = (result) => result.netCost + LAMBDA * result.shortfall;

type Pair = readonly [ours: ArenaResult, sampler: ArenaResult];

function zip(left: readonly ArenaResult[], right: readonly ArenaResult[]): Pair[] {
  return left.flatMap((ours, index): Pair[] => {
    const sampler = right[index];
    return sampler === undefined ? [] : [[ours, sampler]];
  });
}

function ratioOf(pairs: readonly Pair[], loss: Loss): number {
  const sum = (which: 0 | 1) => pairs.reduce((total, pair) => total + loss(pair[which]), 0);
  return sum(0) / sum(1);
}

/** Worlds are resampled whole: both policies met the same sessions in each. */
function resampled(pairs: readonly Pair[], loss: Loss, seed: number): [low: number, high: number] {
  const random = createSeededRandom(seed);
  const values = Array.from({ length: RESAMPLES }, () =>
    ratioOf(
      pairs.flatMap(() => [pairs[Math.floor(random.uniform() * pairs.length)]]).flatMap((pair) => (pair ? [pair] : [])),
      loss,
    ),
  ).sort((left, right) => left - right);
  return [values[Math.floor(0.025 * RESAMPLES)] ?? 0, values[Math.floor(0.975 * RESAMPLES)] ?? 0];
}
