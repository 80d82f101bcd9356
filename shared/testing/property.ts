import fc from 'fast-check';

/** How often a property is tried in an ordinary run; a fuzzing run sets its own number for all of them. */
const QUICK_RUNS = 200;

/** For `fc.assert`: as many runs as this kind of run wants. */
export const PROPERTY: { readonly numRuns: number } = { numRuns: fc.readConfigureGlobal().numRuns ?? QUICK_RUNS };
