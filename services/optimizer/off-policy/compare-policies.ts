import * as z from 'zod';
import type { PolicyBody } from '#shared/domain/policy.ts';
import type { AllowedName } from '#shared/routing/target-chances.ts';
import { effectiveSessions, selfNormalisedTerms, type ValueTerm, valueTerm } from './estimate-value.ts';
import { type ChoiceChance, chanceOf, choiceChances, type LoggedSession } from './logged-session.ts';
import { meanInterval } from './mean-interval.ts';
import { fitQualityModel } from './quality-model.ts';

const intervalSchema = z.object({ value: z.number(), low: z.number(), high: z.number() });
const valueSchema = z.object({
  /** Inverse propensity scores, self-normalised, doubly robust; null with too few sessions for an interval. */
  ips: intervalSchema.nullable(),
  snips: intervalSchema.nullable(),
  dr: intervalSchema.nullable(),
});

/** What logged sessions say of a draft and of what is served, over the sessions that the draft would serve otherwise. */
export const policyComparisonSchema = z.object({
  /** Sessions with a logged chance. */
  sessions: z.number(),
  /** Those of them whose chances the draft changes; everything below is of these. */
  affected: z.number(),
  effectiveSessions: z.number(),
  /** Share of the draft's traffic that goes to models which such sessions were never given. */
  uncovered: z.number(),
  draft: valueSchema,
  incumbent: valueSchema,
  /** Doubly robust, session by session: draft less incumbent. */
  difference: intervalSchema.nullable(),
});

export type PolicyComparison = z.infer<typeof policyComparisonSchema>;

export interface ComparePoliciesInput {
  readonly incumbent: PolicyBody;
  readonly draft: PolicyBody;
  readonly sessions: readonly LoggedSession[];
  readonly allowed: AllowedName;
}

interface Affected {
  readonly session: LoggedSession;
  readonly draft: readonly ChoiceChance[];
  readonly incumbent: readonly ChoiceChance[];
}

/** Values a draft and the incumbent by the same logged sessions; what both serve alike is left out of it. */
export function comparePolicies({ incumbent, draft, sessions, allowed }: ComparePoliciesInput): PolicyComparison {
  const affected = sessions.flatMap((session): Affected[] => {
    const before = choiceChances(incumbent, session.facts, allowed);
    const after = choiceChances(draft, session.facts, allowed);
    return before.length === 0 || alike(before, after) ? [] : [{ session, draft: after, incumbent: before }];
  });
  const model = fitQualityModel(sessions);
  const after = affected.map((each) => valueTerm(each.session, each.draft, model));
  const before = affected.map((each) => valueTerm(each.session, each.incumbent, model));
  return {
    sessions: sessions.length,
    affected: affected.length,
    effectiveSessions: effectiveSessions(after),
    uncovered: uncoveredShare(affected),
    draft: valuesOf(after),
    incumbent: valuesOf(before),
    difference: meanInterval(after.map((term, at) => term.doublyRobust - (before[at]?.doublyRobust ?? 0))),
  };
}

function valuesOf(terms: readonly ValueTerm[]): PolicyComparison['draft'] {
  return {
    ips: meanInterval(terms.map((term) => term.weight * term.quality)),
    snips: meanInterval(selfNormalisedTerms(terms)),
    dr: meanInterval(terms.map((term) => term.doublyRobust)),
  };
}

function alike(left: readonly ChoiceChance[], right: readonly ChoiceChance[]): boolean {
  const covers = (chances: readonly ChoiceChance[], others: readonly ChoiceChance[]) =>
    chances.every((each) => Math.abs(each.chance - chanceOf(others, each)) < 1e-9);
  return covers(left, right) && covers(right, left);
}

/** By turn shape: a model that was tried in another shape is expected, and not seen, to be good in this one. */
function uncoveredShare(affected: readonly Affected[]): number {
  if (affected.length === 0) return 0;
  const actions = Map.groupBy(affected, ({ session }) => session.facts.turnShape);
  let missing = 0;
  for (const members of actions.values()) {
    const seen = [...new Map(members.map(({ session: { action } }) => [JSON.stringify(action), action])).values()];
    for (const { draft } of members) {
      const unseen = draft.filter((each) => !seen.some((action) => chanceOf([each], action) > 0));
      missing += unseen.reduce((sum, each) => sum + each.chance, 0);
    }
  }
  return missing / affected.length;
}
