import { setPriority } from 'node:os';

/**
 * Lets others go first. What the process starts later takes it over, threads too, so it is done at once. A system that
 * refuses leaves the process as it is.
 *
 * @param niceness 0 (as any other) to 19 (whenever nobody else wants the processor)
 */
export function lowerPriority(pid: number, niceness: number): void {
  if (niceness === 0) return;
  try {
    setPriority(pid, niceness);
  } catch {}
}
