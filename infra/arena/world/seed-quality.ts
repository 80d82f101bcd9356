/**
 * Where the arena's qualities come from: shares of right answers of six models in the twelve categories of the Berkeley
 * Function-Calling Leaderboard's archive of August 2024 (HuanzhiMao/BFCL-Result, Apache-2.0), which gives the world a
 * real structure of who is good at what. Prices are the arena's own ladder from 1 to 20, and names are left out because
 * what happens to the models in the arena happened to nobody.
 */
export const SEED_SHAPES = [
  '16k-multi-edit',
  '64k-multi-edit',
  '16k-single-followup',
  '64k-parallel-followup',
  '4k-none-plan',
  '16k-nested-edit',
  '64k-single-followup',
  '200k-multi-edit',
  '16k-parallel-plan',
  '4k-single-plan',
  '64k-nested-followup',
  '200k-parallel-edit',
] as const;

export interface SeedModel {
  readonly id: string;
  readonly provider: string;
  /** USD per million tokens; every session of the arena has a million. */
  readonly price: number;
  /** Share of right answers per shape, in the order of SEED_SHAPES. */
  readonly accuracy: readonly number[];
}

export const SEED_MODELS: readonly SeedModel[] = [
  {
    id: 'model-1',
    provider: 'west',
    price: 1,
    accuracy: [0.93, 0.91, 0.92, 0.87, 0.24, 0.52, 0.98, 0.88, 0.82, 0.24, 0.7, 0.7],
  },
  {
    id: 'model-2',
    provider: 'north',
    price: 2,
    accuracy: [0.92, 0.94, 0.9, 0.8, 0.74, 0.52, 0.95, 0.76, 0.74, 0.53, 0.6, 0.78],
  },
  {
    id: 'model-3',
    provider: 'south',
    price: 3,
    accuracy: [0.93, 0.92, 0.94, 0.85, 0.35, 0.72, 1, 0.82, 0.56, 0.6, 0.84, 0.28],
  },
  {
    id: 'model-4',
    provider: 'east',
    price: 8,
    accuracy: [0.88, 0.91, 0.88, 0.9, 0.77, 0.6, 0.96, 0.9, 0.83, 0.6, 0.83, 0.78],
  },
  {
    id: 'model-5',
    provider: 'east',
    price: 12,
    accuracy: [0.94, 0.96, 0.96, 0.91, 0.65, 0.8, 0.99, 0.82, 0.91, 0.65, 1, 0.78],
  },
  {
    id: 'model-6',
    provider: 'south',
    price: 20,
    accuracy: [0.96, 0.95, 0.96, 0.92, 0.84, 0.76, 1, 0.84, 0.93, 0.65, 1, 0.8],
  },
];
