import type { PolicyBody } from '#shared/domain/policy.ts';
import { matchRoute, type RouteFacts } from '#shared/routing/match-route.ts';
import { type AllowedName, targetChances } from '#shared/routing/target-chances.ts';

/** What a session was served, with the chance that it had of it, and what came of it. */
export interface LoggedSession {
  readonly sessionId: string;
  /** What routes looked at when it began. */
  readonly facts: RouteFacts;
  /** What the policy chose for it, whatever a fallback had to do afterwards. */
  readonly action: ModelChoice;
  /** As the gateway logged it, exploration included; above 0, at most 1. */
  readonly propensity: number;
  /** From 0 to 1, and beyond where verdicts are drawn: right on average. */
  readonly quality: number;
}

/** A model with the prefix it gets. */
export interface ModelChoice {
  readonly model: string;
  /** Undefined where it is not known, and any does. */
  readonly prefixId: string | null | undefined;
}

export interface ChoiceChance extends ModelChoice {
  readonly chance: number;
}

/**
 * What a policy's own targets give to sessions like this one: what a canary and its control are served, without the
 * exploration slice, which both have alike. Empty where no route takes the session, or nothing of it may be served.
 */
export function choiceChances(body: PolicyBody, facts: RouteFacts, allowed: AllowedName): readonly ChoiceChance[] {
  const route = matchRoute(body, facts);
  if (route === undefined) return [];
  return targetChances(route, allowed).map(({ model, prefixId, chance }) => ({
    ...{ model, chance },
    prefixId: prefixId ?? null,
  }));
}

export function chanceOf(chances: readonly ChoiceChance[], action: ModelChoice): number {
  return chances
    .filter(
      (each) => each.model === action.model && (action.prefixId === undefined || each.prefixId === action.prefixId),
    )
    .reduce((sum, each) => sum + each.chance, 0);
}
