import { randomInt } from 'node:crypto';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { simulatePolicies } from './simulate-policies.ts';
import { type SimulationOutcome, simulateSpool } from './simulate-spool.ts';

/**
 * `npm run test:simulation`: as many schedules as fit into RUN_SECONDS (60 by default), from random seeds, and the planted bugs.
 * `SEED=… npm run test:simulation` repeats the schedules of one seed. Ends with 1 when anything does not hold.
 */
const MILLISECONDS = 1_000;
const RUN_MS = Number(process.env['RUN_SECONDS'] ?? 60) * MILLISECONDS;
const SEED_MAX = 2 ** 31;
const BUG_SEEDS = 100;

const given = process.env['SEED'];
const failures: (SimulationOutcome & { readonly of: string })[] = [];
let [schedules, steps] = [0, 0];

async function run(seed: number): Promise<void> {
  for (const [of, simulate] of [
    ['spool', simulateSpool],
    ['policies', simulatePolicies],
  ] as const) {
    const outcome = await simulate(seed);
    schedules += 1;
    steps += outcome.steps;
    if (outcome.violations.length > 0) failures.push({ of, ...outcome });
  }
}

async function seedsUntilFound(simulate: (seed: number) => Promise<SimulationOutcome>): Promise<number | null> {
  for (let seed = 1; seed <= BUG_SEEDS; seed += 1) if ((await simulate(seed)).violations.length > 0) return seed;
  return null;
}

const startedAtMs = performance.now();
if (given !== undefined && given !== '') await run(Number(given));
else while (performance.now() - startedAtMs < RUN_MS) await run(randomInt(SEED_MAX));
const minutes = (performance.now() - startedAtMs) / (60 * MILLISECONDS);
process.stdout.write(
  `${schedules} schedules, ${steps} steps, ${Math.round(schedules / minutes)} schedules a minute, ${failures.length} failed\n`,
);
for (const failure of failures.slice(0, 10)) process.stdout.write(`${JSON.stringify(failure)}\n`);

let found = 0;
for (const [name, simulate] of Object.entries(PLANTED_BUGS)) {
  const seed = await seedsUntilFound(simulate);
  if (seed !== null) found += 1;
  process.stdout.write(`  ${name}: ${seed === null ? 'NOT FOUND' : `found with seed ${seed}`}\n`);
}
process.stdout.write(`${found} of ${Object.keys(PLANTED_BUGS).length} planted bugs found\n`);
process.exit(failures.length > 0 || found < Object.keys(PLANTED_BUGS).length ? 1 : 0);
