import type { Life, Schedule } from './schedule.ts';

interface VirtualTimer {
  readonly life: Life;
  unref(): VirtualTimer;
}

/**
 * Puts the schedule's clock in the place of `setTimeout` and `clearTimeout`, for code that uses them directly.
 *
 * @param lifeNow whose timers those are that are set now
 * @returns what puts the real ones back
 */
export function installVirtualTimers(schedule: Schedule, lifeNow: () => Life): () => void {
  let running: Life | null = null;
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const setVirtual = (callback: () => void, milliseconds = 0): VirtualTimer => {
    const processLife = running ?? lifeNow();
    // A timer ends with its process, or alone.
    const life: Life = {
      get isOver() {
        return processLife.isOver || isCleared.has(timer);
      },
      set isOver(_value) {},
    };
    const timer: VirtualTimer = { life, unref: () => timer };
    void schedule.turn(life, milliseconds).then(() => {
      // What a timer sets belongs to the same process as the timer.
      running = processLife;
      callback();
      running = null;
    });
    return timer;
  };
  const isCleared = new WeakSet<object>();
  const clearVirtual = (timer: object | undefined | null) => {
    if (timer !== undefined && timer !== null) isCleared.add(timer);
  };
  Object.assign(globalThis, { setTimeout: setVirtual, clearTimeout: clearVirtual });
  return () => void Object.assign(globalThis, real);
}
