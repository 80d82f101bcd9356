import { PROMPT_OPTIMIZERS } from '../../../services/optimizer/prompts/registry.ts';
import type { ConstantsName, LandscapeName } from './landscapes/world-constants.ts';
import { measureSearch } from './measure-search.ts';

/** Searches alike but for their seed. */
export interface CellSpec {
  readonly optimizer: string;
  readonly landscape: LandscapeName;
  readonly noise: number;
  /** Task calls, those of the final report included. */
  readonly budget: number;
  readonly options?: Readonly<Record<string, number>>;
}

/** Which worlds a cell is measured on: 20 paired seeds of the frozen constants, or others of both. */
export interface WorldSet {
  readonly constants: ConstantsName;
  readonly firstSeed: number;
  readonly seeds: number;
}

/** Each list has one number for each seed that did not crash. */
export interface CellScores {
  readonly spec: CellSpec;
  readonly heldOut: readonly number[];
  readonly train: readonly number[];
  readonly claimGap: readonly number[];
  readonly taskCalls: readonly number[];
  readonly teacherCalls: readonly number[];
  readonly secondsAlone: readonly number[];
  readonly secondsWithEight: readonly number[];
  readonly improved: number;
  readonly crashes: number;
}

/** Measures cells once, however many figures read them. */
export interface CellStore {
  scores(spec: CellSpec): Promise<CellScores>;
  /** All cells that were measured, in order. */
  all(): readonly CellScores[];
}

export function createCellStore(worlds: WorldSet): CellStore {
  const measured = new Map<string, CellScores>();
  return {
    async scores(spec) {
      const key = JSON.stringify(spec);
      const scores = measured.get(key) ?? (await measureCell(spec, worlds));
      measured.set(key, scores);
      return scores;
    },
    all: () => [...measured.values()],
  };
}

async function measureCell(spec: CellSpec, worlds: WorldSet): Promise<CellScores> {
  const optimizer = PROMPT_OPTIMIZERS.find(({ name }) => name === spec.optimizer);
  if (optimizer === undefined) throw new RangeError(`no optimizer ${spec.optimizer}`);
  const { landscape, noise, budget, options = {} } = spec;
  const { constants } = worlds;
  const found = [];
  let crashes = 0;
  for (let seed = worlds.firstSeed; seed < worlds.firstSeed + worlds.seeds; seed += 1) {
    try {
      found.push(await measureSearch({ world: { landscape, constants, seed, noise }, optimizer, options, budget }));
    } catch (error) {
      crashes += 1;
      console.error(`crash: ${JSON.stringify(spec)} on seed ${seed}:`, error);
    }
  }
  return {
    spec,
    heldOut: found.map((each) => each.heldOut),
    train: found.map((each) => each.train),
    claimGap: found.map((each) => each.claimGap),
    taskCalls: found.map((each) => each.taskCalls),
    teacherCalls: found.map((each) => each.teacherCalls),
    secondsAlone: found.map((each) => each.secondsAlone),
    secondsWithEight: found.map((each) => each.secondsWithEight),
    improved: found.filter((each) => each.result.improved).length,
    crashes,
  };
}
