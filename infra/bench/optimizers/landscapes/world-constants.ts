import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { hashUniform } from './hash-uniform.ts';

const share = z.number().min(0).max(1);
const commonSchema = z.object({
  usefulRules: z.int().positive(),
  distractorRules: z.int().nonnegative(),
  /** A row is answered well when 1 to this many rules are followed. */
  rulesPerRowMax: z.int().positive(),
  /** Instructions beyond this many hurt: each of them breaks this share of the rows. */
  crowdedAbove: z.int(),
  crowdingPerRule: share,
  /** A teacher that sees inputs without reasons guesses right once in so many. */
  guessOneIn: z.number().min(1),
  /** Share of reasons that name what is really missing. */
  honestHints: share,
  /** Share of the teacher's informed edits that paste the answer of one row instead of a rule. */
  memoriseChance: share,
  /** Share of rows that no rule solves. */
  oddRows: share,
  rows: z.object({ propose: z.int(), select: z.int(), report: z.int(), heldOut: z.int() }),
  /** A judge that likes long answers gives them this much more. */
  longAnswerBonus: share.default(0),
  /** Rules after which an answer is long. */
  longAnswerRules: z.int().default(0),
  /** Share of calls that fail: 429, 500, broken JSON, nothing. */
  failingCalls: share.default(0),
});

export const worldConstantsSchema = z.discriminatedUnion('kind', [
  commonSchema.extend({ kind: z.literal('checklist') }),
  commonSchema.extend({ kind: z.literal('ridge'), trapScore: share, lonelyHalfBreaks: share }),
  commonSchema.extend({ kind: z.literal('providers'), opposedRules: z.int().positive(), opposedShare: share }),
  commonSchema.extend({ kind: z.literal('demos'), ruleCount: z.int(), rulesPerDemo: z.int(), demosMax: z.int() }),
]);

export type WorldConstants = z.infer<typeof worldConstantsSchema>;
export type LandscapeName = 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L6';

const FROZEN = z
  .record(z.string(), worldConstantsSchema)
  .parse(JSON.parse(readFileSync(fileURLToPath(new URL('./worlds.json', import.meta.url)), 'utf8')));

/** `frozen` are the constants of the data file; `drawn-N` are others of the same kind, drawn with seed N. */
export type ConstantsName = 'frozen' | `drawn-${number}`;

/** Of the frozen number at least and at most, where constants are drawn. */
const COUNT_SPREAD = [0.75, 1.25] as const;

export function worldConstants(landscape: LandscapeName, name: ConstantsName): WorldConstants {
  const frozen = FROZEN[landscape];
  if (frozen === undefined) throw new RangeError(`no landscape ${landscape}`);
  if (name === 'frozen') return frozen;
  const drawn = worldConstantsSchema.parse(
    Object.fromEntries(Object.entries(frozen).map(([key, value]) => [key, redraw(key, value, `${landscape} ${name}`)])),
  );
  // All rules that help must fit before crowding begins, or the optimum would not be what the landscape says.
  const fitting = drawn.usefulRules + (drawn.kind === 'providers' ? drawn.opposedRules : 0) + SLACK;
  return { ...drawn, crowdedAbove: Math.max(drawn.crowdedAbove, fitting) };
}

/** Rules too many that crowd nobody yet. */
const SLACK = 2;

/** Counts move by a quarter, shares by a fifth of themselves; what the landscape is about stays. */
function redraw(key: string, value: unknown, seed: string): unknown {
  const uniform = hashUniform(seed, key);
  if (FIXED.has(key) || typeof value !== 'number') return value;
  if (!Number.isInteger(value)) return Math.min(1, value * (0.8 + 0.4 * uniform));
  if (value < 4) return value;
  const [least, most] = COUNT_SPREAD;
  const moved = Math.round(value * (least + (most - least) * uniform));
  // Rules of a ridge come in pairs.
  return key === 'usefulRules' ? moved + (moved % 2) : moved;
}

/** Zero, one and the trap's height are the landscape itself. */
const FIXED = new Set(['honestHints', 'trapScore', 'rulesPerRowMax', 'failingCalls', 'demosMax']);
