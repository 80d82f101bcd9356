import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** @param file where cells are kept from run to run; those that other code has measured are measured again */
export function createCellStore(worlds: WorldSet, file: string | null = null): CellStore {
  const measured = new Map<string, CellScores>();
  const kept = file === null ? new Map<string, CellScores>() : readCells(file);
  const code = file === null ? '' : digestOfCode();
  return {
    async scores(spec) {
      const key = JSON.stringify(spec);
      const fileKey = JSON.stringify([code, worlds, spec]);
      const scores = measured.get(key) ?? kept.get(fileKey) ?? (await measureCell(spec, worlds));
      if (file !== null && !kept.has(fileKey)) appendFileSync(file, `${JSON.stringify([fileKey, scores])}\n`);
      kept.set(fileKey, scores);
      measured.set(key, scores);
      return scores;
    },
    all: () => [...measured.values()],
  };
}

function readCells(file: string): Map<string, CellScores> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return new Map(lines.filter((line) => line.endsWith(']')).map((line) => JSON.parse(line) as [string, CellScores]));
}

const CODE = ['../../../services/optimizer/prompts/', './landscapes/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

/** Of the optimizers and of the worlds: a cell is worth nothing to other code than that which measured it. */
function digestOfCode(): string {
  const hash = createHash('sha256');
  for (const folder of CODE) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /\.(ts|json)$/.test(path) && !path.endsWith('.test.ts'),
    );
    for (const path of files.sort()) hash.update(path).update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex');
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
