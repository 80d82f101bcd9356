import { createSeededRandom } from '../arena/seeded-random.ts';
import { auditSpoolWorld } from './audit-spool-world.ts';
import { CALLS_MAX, type SimulatedCall, type SpoolParts, SpoolWorld } from './spool-world.ts';
import { Schedule } from './testing/schedule.ts';
import { installVirtualTimers } from './testing/virtual-timers.ts';

export interface SimulationOutcome {
  readonly seed: number;
  readonly steps: number;
  readonly crashes: number;
  /** What does not hold; empty when all does. */
  readonly violations: readonly string[];
}

/** Far more than any run takes; one that goes round for ever is a fault, too. */
const STEPS_MAX = 40_000;

/** One life of a gateway's event path, from a seed: calls come, disk and store fail, and it is killed at any step. */
export async function simulateSpool(seed: number, parts: SpoolParts = {}): Promise<SimulationOutcome> {
  const schedule = new Schedule(createSeededRandom(seed).uniform);
  let world: SpoolWorld | null = null;
  const before = { isOver: false };
  const uninstall = installVirtualTimers(schedule, () => world?.life ?? before);
  try {
    world = new SpoolWorld(schedule, parts);
    await disturb(world);
    const isAtRest = await settle(world);
    const violations = isAtRest ? auditSpoolWorld(world) : ['it did not come to rest'];
    return { seed, steps: schedule.steps, crashes: world.crashes, violations };
  } finally {
    uninstall();
  }
}

/** Calls, faults and time, in a drawn order. */
async function disturb(world: SpoolWorld): Promise<void> {
  const { schedule, store } = world;
  const calls = 1 + schedule.below(CALLS_MAX);
  const crashShare = schedule.chance(0.7) ? 0.02 : 0;
  const outageShare = schedule.chance(0.3) ? 0.02 : 0;
  const open: SimulatedCall[] = [];
  for (let begun = 0; begun < calls || (open.length > 0 && schedule.chance(0.95)); ) {
    if (schedule.chance(crashShare)) {
      if (schedule.chance(0.4)) world.killThread();
      else {
        world.kill(schedule.chance(0.5));
        open.length = 0;
      }
    } else if (schedule.chance(outageShare)) store.isDown = !store.isDown;
    else if (begun < calls && schedule.chance(0.08)) {
      open.push(world.begin(begun));
      begun += 1;
    } else if (open.length > 0 && schedule.chance(0.08)) {
      const [call] = open.splice(schedule.below(open.length), 1);
      if (call !== undefined) world.offer(call);
    } else await schedule.step();
  }
  for (let step = schedule.below(60); step > 0; step -= 1) await schedule.step();
}

/** All faults end, what is in flight is killed once more if anything was, and everything gets the time it needs. */
async function settle(world: SpoolWorld): Promise<boolean> {
  const { schedule, store, disk } = world;
  const isUndisturbed = world.isUndisturbed();
  store.isDown = false;
  store.faults = { errorShare: 0, slowShare: 0 };
  disk.faults = { errorShare: 0, slowShare: 0 };
  if (!isUndisturbed) world.kill(schedule.chance(0.5));
  const last = schedule.steps + STEPS_MAX;
  while (schedule.steps < last) {
    const hasMoved = await schedule.step();
    if (world.isAtRest() && !hasMoved) return true;
    if (!hasMoved) return world.isAtRest();
  }
  return false;
}
