import type { Prompt } from '../../../../services/optimizer/prompts/contract/prompt.ts';
import type { PromptTask } from '../../../../services/optimizer/prompts/contract/task.ts';
import { hashIndex, hashUniform } from './hash-uniform.ts';
import { type Instructions, readInstructions, ruleLine } from './instructions.ts';
import { makeRows } from './make-rows.ts';
import { type ConstantsName, type LandscapeName, type WorldConstants, worldConstants } from './world-constants.ts';
import type { SplitName, WorldRow } from './world-row.ts';

/** A simulated task. What its models say is a pure function of its name and of the request. */
export interface World {
  /** `L1-frozen-3-n15`: landscape, constants, seed, share of flipped labels in per cent. */
  readonly name: string;
  readonly seed: number;
  readonly noise: number;
  readonly constants: WorldConstants;
  readonly task: PromptTask;
  readonly rows: Readonly<Record<SplitName, readonly WorldRow[]>>;
  readonly useful: readonly string[];
  readonly allRules: readonly string[];
  row(rowId: string): WorldRow | undefined;
  /** Whether the row is answered well under these instructions, and which of its rules are missing. */
  verdict(row: WorldRow, instructions: Instructions): { readonly right: boolean; readonly missing: readonly string[] };
  /** Share of rows answered well, without noise. */
  trueScore(prompt: Prompt, rows: readonly WorldRow[]): number;
  /** Mean of what the judge would say, noise and bias included. */
  expectedScore(prompt: Prompt, rows: readonly WorldRow[]): number;
}

const LENGTH_MAX = 4_000;
const LENGTH_COST = 0.02;
const DESCRIPTION = 'Answer cases of a service desk by the rules of the house.';
const SEED_TEXT = 'Answer the case.';

export interface WorldSpec {
  readonly landscape: LandscapeName;
  readonly constants: ConstantsName;
  readonly seed: number;
  /** Share of judgements that are flipped. */
  readonly noise: number;
  /** Useful rules that the seed prompt holds already. */
  readonly seedRules?: number;
}

export function worldName({ landscape, constants, seed, noise, seedRules = 0 }: WorldSpec): string {
  return `${landscape}:${constants}:${seed}:${Math.round(noise * 100)}:${seedRules}`;
}

/** The world of a name; names are parts of model ids, so that a request holds all that its reply depends on. */
export function parseWorldName(name: string): WorldSpec | null {
  const match = /^(L[1-6]):(frozen|drawn-\d+):(\d+):(\d+):(\d+)$/.exec(name);
  if (match === null) return null;
  const [, landscape, constants, seed, noise, seedRules] = match;
  return {
    landscape: landscape as LandscapeName,
    constants: constants as ConstantsName,
    seed: Number(seed),
    noise: Number(noise) / 100,
    seedRules: Number(seedRules),
  };
}

export function createWorld(spec: WorldSpec): World {
  const name = worldName(spec);
  const constants = worldConstants(spec.landscape, spec.constants);
  // Noise and the seed prompt change nothing about the rows: runs on the same seed are paired.
  const made = makeRows(constants, `${spec.landscape}:${spec.constants}:${spec.seed}`);
  const byId = new Map(Object.values(made.rows).flatMap((rows) => rows.map((row) => [row.id, row] as const)));
  const seedText = [SEED_TEXT, ...made.useful.slice(0, spec.seedRules ?? 0).map(ruleLine)].join('\n');
  const ids = (split: SplitName) => made.rows[split].map((row) => row.id);
  const world: World = {
    name,
    seed: spec.seed,
    noise: spec.noise,
    constants,
    ...made,
    row: (rowId) => byId.get(rowId),
    task: {
      description: DESCRIPTION,
      seed: constants.kind === 'providers' ? { a: seedText, b: seedText } : { prefix: seedText },
      rows: (['propose', 'select', 'report'] as const).flatMap((split) =>
        made.rows[split].map(({ needs: _needs, odd: _odd, ...row }) => row),
      ),
      splits: { propose: ids('propose'), select: ids('select'), report: ids('report') },
      lengthMax: LENGTH_MAX,
      lengthCost: LENGTH_COST,
      refusal: () => null,
    },
    verdict: (row, instructions) => verdictOf(world, row, instructions),
    trueScore: (prompt, rows) => mean(rows.map((row) => (isRight(world, prompt, row) ? 1 : 0))),
    expectedScore: (prompt, rows) =>
      mean(
        rows.map((row) => expectedOf(world, isRight(world, prompt, row), readInstructions(componentOf(prompt, row)))),
      ),
  };
  return world;
}

/** The text that a row is answered with. */
export function componentOf(prompt: Prompt, row: { readonly component: string | null }): string {
  return (row.component === null ? Object.values(prompt)[0] : prompt[row.component]) ?? '';
}

function isRight(world: World, prompt: Prompt, row: WorldRow): boolean {
  return world.verdict(row, readInstructions(componentOf(prompt, row))).right;
}

export function isLongAnswer({ constants }: World, instructions: Instructions): boolean {
  return constants.longAnswerBonus > 0 && instructions.rules.size > constants.longAnswerRules;
}

function expectedOf(world: World, right: boolean, instructions: Instructions): number {
  const bonus = isLongAnswer(world, instructions) ? world.constants.longAnswerBonus : 0;
  const [good, bad] = [1, Math.min(1, bonus)];
  const chanceOfGood = right ? 1 - world.noise : world.noise;
  return chanceOfGood * good + (1 - chanceOfGood) * bad;
}

function verdictOf(world: World, row: WorldRow, instructions: Instructions) {
  const { constants, seed } = world;
  if (instructions.facts.has(row.id)) return { right: !isCrowded(world, row, instructions), missing: [] };
  if (constants.kind === 'demos') return demoVerdict(world, row, instructions);
  const missing = row.needs.filter((rule) => !instructions.rules.has(rule));
  const served = missing.length === 0 && !row.odd && !isCrowded(world, row, instructions);
  if (constants.kind === 'ridge') return ridgeVerdict(world, row, instructions, missing, served);
  if (constants.kind === 'providers') {
    const opposed = world.allRules.slice(0, constants.opposedRules).filter((rule) => instructions.rules.has(rule));
    const broken =
      row.component === 'b' && opposed.length > 0 && hashUniform(seed, 'opposed', row.id) < constants.opposedShare;
    return { right: served && !broken, missing };
  }
  return { right: served, missing };
}

function isCrowded({ constants, seed }: World, row: WorldRow, { rules, facts }: Instructions): boolean {
  const beyond = rules.size + facts.size - constants.crowdedAbove;
  return beyond > 0 && hashUniform(seed, 'crowded', row.id) < beyond * constants.crowdingPerRule;
}

/**
 * The trap answers a fixed share of the rows whatever else is asked for, and nothing else works beside it. Without it,
 * pairs work whole; each half without its partner breaks rows.
 */
function ridgeVerdict(
  world: World,
  row: WorldRow,
  { rules }: Instructions,
  missing: readonly string[],
  served: boolean,
) {
  const { constants, seed, useful } = world;
  if (constants.kind !== 'ridge') return { right: served, missing };
  const lonely = useful.filter((rule, index) => rules.has(rule) !== rules.has(useful[index ^ 1] ?? '')).length / 2;
  const broken = hashUniform(seed, 'lonely', row.id) < lonely * constants.lonelyHalfBreaks;
  const trapped = rules.has(trapRule(world));
  const solved = trapped ? hashUniform(seed, 'trap', row.id) < constants.trapScore : served;
  return { right: solved && !broken, missing };
}

/** The rule that a ridge lures with: the first that is not useful. */
export function trapRule({ allRules, useful }: Pick<World, 'allRules' | 'useful'>): string {
  return allRules.find((rule) => !useful.includes(rule)) ?? '';
}

/** Demonstrations beyond the most that help crowd the prompt; a demonstrated row is solved by itself, which is a leak. */
function demoVerdict(world: World, row: WorldRow, instructions: Instructions) {
  const { constants, seed } = world;
  const shown = instructions.demos.flatMap((rowId) => world.row(rowId)?.needs ?? []);
  const missing = row.needs.filter((rule) => !shown.includes(rule));
  const beyond = constants.kind === 'demos' ? instructions.demos.length - constants.demosMax : 0;
  const crowded = beyond > 0 && hashUniform(seed, 'crowded', row.id) < beyond * constants.crowdingPerRule;
  return { right: instructions.demos.includes(row.id) || (missing.length === 0 && !crowded), missing };
}

/** What a judge names as missing of a row; `draw` tells judgements of one row apart. */
export function hintFor(
  world: World,
  missing: readonly string[],
  ...draw: readonly (string | number)[]
): string | null {
  if (world.constants.kind === 'ridge' && hashUniform(world.seed, 'honest', ...draw) >= world.constants.honestHints) {
    return trapRule(world);
  }
  return missing[hashIndex(missing.length, world.seed, 'hint', ...draw)] ?? null;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
