import { createRandomStream } from '../../../services/optimizer/prompts/contract/random-stream.ts';
import { alarmThreshold, createESr, eSrStatistic, updateESr } from '../../../services/optimizer/rollout/e-sr.ts';
import { proportionInterval } from '../../arena/intervals.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';
import { readInstructions, ruleLine } from './landscapes/instructions.ts';
import { createWorld, type World } from './landscapes/world.ts';
import { medianFigure, writtenFigure } from './median-figure.ts';

const RUNS = 200;
const RUNS_QUICK = 40;
const NOISE = 0.15;
/** Sessions of one provider before something goes wrong, and after it at most. */
const CALM_SESSIONS = 2_000;
const SESSIONS_MAX = 4_000;
/** Share of good answers that a degraded provider spoils. */
const DEGRADATION = 0.2;
/** What a cell may lose before it is an alarm's affair. */
const TOLERANCE = 0.05;
const SESSIONS_PER_MONTH = 20_000;
const FALSE_ALARMS_PER_MONTH = 0.5;

interface Watched {
  /** Alarmed while nothing was wrong. */
  readonly falseAlarm: boolean;
  /** Sessions from the change to the alarm. */
  readonly delay: number;
  /** Good answers lost until the alarm, of what the sessions would have had. */
  readonly regret: number;
}

/**
 * Two providers with the prefixes that suit them, under live traffic with a noisy judge, watched by the alarm that
 * watches promoted policies: one provider degrades, or a policy ships that gives one provider the other's prefix.
 */
export async function driftFigures({ quick }: { readonly quick: boolean }): Promise<WrittenFigure[]> {
  const runs = quick ? RUNS_QUICK : RUNS;
  const seeds = Array.from({ length: runs }, (_, index) => 70_001 + index);
  const degraded = seeds.map((seed) => watch(seed, 'degraded'));
  const shipped = seeds.map((seed) => watch(seed, 'bad-policy'));
  const falseAlarms = [...degraded, ...shipped].filter((each) => each.falseAlarm).length;
  const rate = falseAlarms / (2 * runs);
  const heard = (watched: readonly Watched[]) => watched.filter((each) => !each.falseAlarm);
  return [
    medianFigure(
      'L7_delay_degraded',
      heard(degraded).map((each) => each.delay),
      '<=',
      null,
    ),
    medianFigure(
      'L7_delay_bad_policy',
      heard(shipped).map((each) => each.delay),
      '<=',
      null,
    ),
    medianFigure(
      'L7_regret_degraded',
      heard(degraded).map((each) => each.regret),
      '<=',
      null,
    ),
    writtenFigure({
      ...{ id: 'L7_false_alarms', value: rate, op: '<=', bar: null, n: 2 * runs },
      interval: proportionInterval(falseAlarms, 2 * runs),
    }),
  ];
}

function watch(seed: number, change: 'degraded' | 'bad-policy'): Watched {
  const world = createWorld({ landscape: 'L3', constants: 'frozen', seed, noise: NOISE });
  const random = createRandomStream(seed, `drift/${change}`);
  const provider = change === 'degraded' ? 'a' : 'b';
  const rows = world.rows.heldOut.filter(({ component }) => component === provider);
  const own = readInstructions(prefixFor(world, provider));
  const after = change === 'degraded' ? own : readInstructions(prefixFor(world, 'a'));
  const held = 1 - NOISE - TOLERANCE;
  const threshold = alarmThreshold(SESSIONS_PER_MONTH, FALSE_ALARMS_PER_MONTH);
  let detector = createESr(held);
  let regret = 0;
  for (let session = 0; session < SESSIONS_MAX; session += 1) {
    const calm = session < CALM_SESSIONS;
    const row = random.pick(rows);
    const before = world.verdict(row, own).right;
    const spoiled = !calm && change === 'degraded' && random.uniform() < DEGRADATION;
    const right = !spoiled && world.verdict(row, calm ? own : after).right;
    const flipped = random.uniform() < NOISE;
    regret += Number(before) - Number(right);
    detector = updateESr(detector, Number(right !== flipped));
    if (eSrStatistic(detector) < threshold) continue;
    return { falseAlarm: calm, delay: session - CALM_SESSIONS + 1, regret };
  }
  return { falseAlarm: false, delay: SESSIONS_MAX - CALM_SESSIONS, regret };
}

/** The prefix that suits a provider: every rule that helps it and none that hurts it. */
function prefixFor(world: World, provider: string): string {
  const { constants, useful } = world;
  const opposed = constants.kind === 'providers' ? constants.opposedRules : 0;
  return (provider === 'a' ? useful : useful.slice(opposed)).map(ruleLine).join('\n');
}
