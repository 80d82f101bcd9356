import fc from 'fast-check';

const RUNS_DEFAULT = 10_000;

/** `FUZZ_RUNS` and `FUZZ_SEED` choose another number of runs, and repeat those of an earlier one. */
const runs = Number(process.env['FUZZ_RUNS'] ?? RUNS_DEFAULT);
const given = process.env['FUZZ_SEED'];
const seed = given === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(given);

fc.configureGlobal({ numRuns: runs, seed });
console.log(`fuzz: ${runs} runs, FUZZ_SEED=${seed}`);
