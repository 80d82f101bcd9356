import { randomInt } from 'node:crypto';

const SEED_MAX = 2 ** 31;

/** `SEED` of the environment, which repeats a run, or a new one. */
export function seedOfRun(): number {
  const given = process.env['SEED'];
  if (given === undefined || given === '') return randomInt(SEED_MAX);
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error(`SEED is no whole number: ${given}`);
  return seed;
}
