import {
  createRandomStream,
  type RandomStream,
} from '../../../../services/optimizer/prompts/contract/random-stream.ts';
import type { WorldConstants } from './world-constants.ts';
import { SPLIT_NAMES, type SplitName, type WorldRow } from './world-row.ts';

const SYLLABLES = ['ba', 'ce', 'di', 'fo', 'gu', 'ka', 'le', 'mi', 'no', 'pu', 'ra', 'se', 'ti', 'vo', 'zu', 'xa'];
const SUBJECTS = ['refund', 'delivery', 'invoice', 'login', 'warranty', 'address', 'return', 'price'];

/** Rules and rows of a world. */
export function makeRows(
  constants: WorldConstants,
  seed: string,
): {
  readonly rows: Readonly<Record<SplitName, readonly WorldRow[]>>;
  readonly useful: readonly string[];
  readonly allRules: readonly string[];
} {
  const random = createRandomStream(seed, 'world');
  const words = drawWords(random, ruleCountOf(constants));
  // The order of a list must not tell useful rules from others.
  const useful = words.slice(0, usefulCountOf(constants));
  const allRules = constants.kind === 'providers' ? words : [...useful, ...random.shuffled(words.slice(useful.length))];
  const planted = constants.kind === 'demos' ? plantCover(constants, random, useful) : [];
  const rows = Object.fromEntries(
    SPLIT_NAMES.map((split) => [
      split,
      Array.from({ length: constants.rows[split] }, (_, index) =>
        makeRow(constants, random, useful, split, index, split === 'propose' ? planted[index] : undefined),
      ),
    ]),
  ) as Record<SplitName, WorldRow[]>;
  return { rows, useful, allRules };
}

const ruleCountOf = (constants: WorldConstants) =>
  constants.kind === 'demos' ? constants.ruleCount : usefulCountOf(constants) + constants.distractorRules;

const usefulCountOf = (constants: WorldConstants) =>
  constants.kind === 'demos'
    ? constants.ruleCount
    : constants.usefulRules + (constants.kind === 'providers' ? constants.opposedRules : 0);

function makeRow(
  constants: WorldConstants,
  random: RandomStream,
  useful: readonly string[],
  split: SplitName,
  index: number,
  planted: readonly string[] | undefined,
): WorldRow {
  const id = `${split.toLowerCase()}-${index}`;
  const component = constants.kind === 'providers' ? (index % 2 === 0 ? 'a' : 'b') : null;
  const odd = random.uniform() < constants.oddRows;
  const needs = planted ?? needsOf(constants, random, useful, component);
  const input = `Case ${id}: a question about ${random.pick(SUBJECTS)} number ${random.integer(10_000)}`;
  const expected = `Settled by ${needs.join(' and ')}.`;
  return { id, input, expected, group: id, stratum: component ?? '', component, needs, odd };
}

function needsOf(
  constants: WorldConstants,
  random: RandomStream,
  useful: readonly string[],
  component: string | null,
): string[] {
  const count = 1 + random.integer(constants.rulesPerRowMax);
  if (constants.kind === 'ridge') {
    const pair = 2 * random.integer(useful.length / 2);
    return useful.slice(pair, pair + 2);
  }
  if (constants.kind === 'providers') {
    const [opposed, shared] = [useful.slice(0, constants.opposedRules), useful.slice(constants.opposedRules)];
    const needsOpposed = component === 'a' && random.uniform() < constants.opposedShare;
    const common = random.sample(shared, needsOpposed ? 1 : count);
    return needsOpposed ? [random.pick(opposed), ...common] : common;
  }
  return random.sample(useful, count);
}

/** Rules of the demonstrations, in which some few cover all rules: the optimum is to be there, and hidden. */
function plantCover(
  constants: Extract<WorldConstants, { kind: 'demos' }>,
  random: RandomStream,
  rules: readonly string[],
): readonly (readonly string[])[] {
  const dealt = random.shuffled(rules);
  const demos = Array.from({ length: constants.rows.propose }, (_, index) => {
    if (index >= constants.demosMax) return random.sample(rules, constants.rulesPerDemo);
    const own = dealt.filter((_rule, at) => at % constants.demosMax === index);
    const others = random.sample(
      rules.filter((rule) => !own.includes(rule)),
      Math.max(0, constants.rulesPerDemo - own.length),
    );
    return [...own, ...others];
  });
  return random.shuffled(demos);
}

function drawWords(random: RandomStream, count: number): string[] {
  const words = new Set<string>();
  while (words.size < count) words.add([0, 1, 2].map(() => random.pick(SYLLABLES)).join(''));
  return [...words];
}
