import type { LandscapeName } from './landscapes/world-constants.ts';

/** What the reference library and gepa 0.1.4 reached on landscapes of the same kind: means of 10 seeds, within ±0.1. */
export interface ReferenceScore {
  readonly landscape: LandscapeName;
  readonly optimizer: string;
  readonly noise: number;
  readonly taskCalls: number;
  readonly claimed: number | null;
  readonly heldOut: number;
}

const rows = (
  landscape: LandscapeName,
  noise: number,
  table: readonly (readonly [optimizer: string, taskCalls: number, claimed: number | null, heldOut: number])[],
): ReferenceScore[] =>
  table.map(([optimizer, taskCalls, claimed, heldOut]) => ({
    landscape,
    noise,
    optimizer,
    taskCalls,
    claimed,
    heldOut,
  }));

export const REFERENCE_SCORES: readonly ReferenceScore[] = [
  ...rows('L1', 0, [
    ['random-search', 400, 0.09, 0.07],
    ['bayesian', 400, 0, 0.1],
    ['meta-prompt', 480, 0.95, 0.91],
    ['protegi', 1642, 0.21, 0.21],
    ['prompt-wizard', 1118, 0.33, 0.29],
    ['gepa', 804, 1, 1],
  ]),
  ...rows('L1', 0.15, [
    ['random-search', 400, 0.26, 0.11],
    ['bayesian', 400, 0.26, 0.1],
    ['meta-prompt', 480, 0.87, 0.99],
    ['protegi', 1648, 0.33, 0.13],
    ['prompt-wizard', 1130, 0.4, 0.19],
    ['gepa', 821, 0.43, 0.29],
  ]),
  ...rows('L2', 0, [
    ['random-search', 400, 0.36, 0.41],
    ['meta-prompt', 480, 0.53, 0.71],
    ['protegi', 1645, 0.49, 0.6],
    ['prompt-wizard', 1110, 0.51, 0.66],
    ['gepa', 802, 0.5, 0.7],
  ]),
  ...rows('L2', 0.15, [
    ['random-search', 400, 0.39, 0.36],
    ['meta-prompt', 480, 0.61, 0.73],
    ['protegi', 1645, 0.54, 0.52],
    ['prompt-wizard', 1110, 0.61, 0.62],
    ['gepa', 802, 0.56, 0.69],
  ]),
  ...rows('L4', 0, [
    ['random-search', 400, 0.09, 0.07],
    ['meta-prompt', 480, 0.54, 0.43],
    ['protegi', 1645, 0.16, 0.15],
    ['prompt-wizard', 1110, 0.33, 0.25],
    ['gepa', 802, 0.57, 0.38],
  ]),
  ...rows('L4', 0.15, [
    ['random-search', 400, 0.26, 0.1],
    ['meta-prompt', 480, 0.54, 0.48],
    ['protegi', 1645, 0.34, 0.1],
    ['prompt-wizard', 1110, 0.38, 0.13],
    ['gepa', 802, 0.36, 0.17],
  ]),
];

/** Best objective of demonstration selection by encoding, 20 seeds, after 30 and after 100 trials. */
export const REFERENCE_DEMONSTRATIONS: readonly (readonly [encoding: string, at30: number, at100: number])[] = [
  ['seed integer and TPE', 0.855, 0.929],
  ['seed integer, uniform', 0.832, 0.912],
  ['8 categorical slots and TPE', 0.869, 0.973],
  ['20 inclusion bits and TPE', 0.955, 0.994],
  ['20 inclusion bits, uniform', 0.914, 0.95],
];
