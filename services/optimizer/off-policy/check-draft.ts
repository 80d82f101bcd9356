import * as z from 'zod';
import type { Governance } from '#shared/domain/governance.ts';
import { modelsOfPolicy, type PolicyBody } from '#shared/domain/policy.ts';
import type { PolicyChange } from '../routing/diff-policies.ts';
import { comparePolicies, policyComparisonSchema } from './compare-policies.ts';
import type { LoggedSession } from './logged-session.ts';

/** Fewer effective sessions than this are no estimate to build on. */
const EFFECTIVE_SESSIONS_MIN = 200;

/**
 * `passed`: the estimate excludes a loss beyond the tolerance. `proven`: too few sessions overlap for an estimate, but
 * every model that gains is proven in its shape by sessions of its own, and the estimate does not speak against it.
 * `not_needed`: see `reason`. `insufficient_overlap`: exploration first. `worse`: the estimate shows a loss.
 * `not_shown`: enough sessions overlap, and a loss is not excluded.
 */
const OFF_POLICY_RESULTS = ['passed', 'proven', 'not_needed', 'insufficient_overlap', 'worse', 'not_shown'] as const;

export const offPolicyVerdictSchema = z.object({
  result: z.enum(OFF_POLICY_RESULTS),
  /** Whether the draft may go on to a canary, or be activated, without a person. */
  goesOn: z.boolean(),
  /** One sentence, with the numbers. */
  reason: z.string(),
  /** Turn shapes whose changes cannot wait, and go on whatever the rest comes to. */
  urgentShapes: z.array(z.string()),
  effectiveSessionsMin: z.number(),
  tolerance: z.number(),
  /** Null where nothing was estimated. */
  comparison: policyComparisonSchema.nullable(),
});

export type OffPolicyVerdict = z.infer<typeof offPolicyVerdictSchema>;

export interface CheckDraftInput {
  readonly incumbent: PolicyBody;
  readonly draft: PolicyBody;
  readonly changes: readonly PolicyChange[];
  /** Why each turn shape is served as the draft says, and how its models stand. */
  readonly explanations: readonly {
    readonly turnShape: string | null;
    readonly reason: string;
    readonly models: readonly { readonly model: string; readonly phase: string }[];
  }[];
  readonly governance: Governance;
  readonly sessions: readonly LoggedSession[];
}

/** Whether what was logged speaks for a draft of routing, before any session is served by it. */
export function checkDraft(input: CheckDraftInput): OffPolicyVerdict {
  const { governance, incumbent, draft, sessions } = input;
  const tolerance = governance.alphas.nonInferiorityMargin;
  const urgentShapes = urgentShapesOf(input);
  const verdict = (result: OffPolicyVerdict['result'], reason: string, comparison: OffPolicyVerdict['comparison']) => ({
    ...{ result, reason, comparison, urgentShapes, tolerance, effectiveSessionsMin: EFFECTIVE_SESSIONS_MIN },
    goesOn: result === 'passed' || result === 'proven' || result === 'not_needed',
  });
  const gaining = gainingModels(input).filter(({ turnShape }) => !urgentShapes.includes(turnShape ?? ''));
  const exempt = whyNotNeeded(input, gaining.length > 0);
  if (exempt !== null) return verdict('not_needed', exempt, null);

  const names = namesOf(governance);
  const waiting = sessions.filter(({ facts }) => !urgentShapes.includes(facts.turnShape));
  const comparison = comparePolicies({ incumbent, draft, sessions: waiting, allowed: (name) => names.get(name) });
  const { effectiveSessions: effective, uncovered, difference } = comparison;
  const numbers = difference === null ? '' : `; difference ${describe(difference)}`;
  const overlap = `${effective.toFixed(0)} of ${EFFECTIVE_SESSIONS_MIN} effective sessions`;
  if (effective >= EFFECTIVE_SESSIONS_MIN && uncovered === 0 && difference !== null) {
    if (difference.low >= -tolerance) {
      return verdict('passed', `no loss beyond ${tolerance}: ${overlap}${numbers}`, comparison);
    }
    const result = difference.high < -tolerance ? 'worse' : 'not_shown';
    return verdict(result, `a loss beyond ${tolerance} is not excluded: ${overlap}${numbers}`, comparison);
  }
  if (difference !== null && uncovered === 0 && difference.high < -tolerance) {
    return verdict('worse', `a loss beyond ${tolerance} shows: ${overlap}${numbers}`, comparison);
  }
  const unproven = unprovenModels(gaining, input);
  if (unproven.length === 0) {
    return verdict('proven', `every model that gains is proven in its turn shape; ${overlap}${numbers}`, comparison);
  }
  const reason = `insufficient overlap, exploration first: ${overlap}, and not proven: ${unproven.join(', ')}`;
  return verdict('insufficient_overlap', reason, comparison);
}

/** Drafts that make overlap, and drafts that must not wait for it. */
function whyNotNeeded({ changes, incumbent, governance }: CheckDraftInput, gains: boolean): string | null {
  if (changes.every((change) => change.type !== 'weight')) return 'no weight changes';
  const allowed = new Set(governance.models.map((model) => model.id));
  if (modelsOfPolicy(incumbent).some((model) => !allowed.has(model))) {
    return 'a model that may not be served any more leaves';
  }
  return gains ? null : 'it leaves a model that fell, or takes back one that recovers';
}

interface Gain {
  readonly turnShape: string | null;
  readonly model: string;
}

function gainingModels({ changes }: CheckDraftInput): Gain[] {
  return changes.filter((change) => change.type === 'weight' && change.to > change.from);
}

/** Shapes that leave a fallen model, or in which all that gains is on its way back. */
function urgentShapesOf(input: CheckDraftInput): string[] {
  const gains = Map.groupBy(gainingModels(input), (gain) => gain.turnShape);
  return [...gains].flatMap(([turnShape, members]) => {
    const found = input.explanations.find((each) => each.turnShape === turnShape);
    const leaves = found?.reason === 'current_below_bar' || found?.reason === 'best_known_while_none_proven';
    const returns = members.every((gain) => phaseOf(gain, input) === 'returning');
    return turnShape !== null && (leaves || returns) ? [turnShape] : [];
  });
}

/** Models that gain weight in a shape in which they are not proven, nor on their way back. */
function unprovenModels(gaining: readonly Gain[], input: CheckDraftInput): string[] {
  return gaining.flatMap((gain) => {
    const phase = phaseOf(gain, input);
    return phase === 'proven' || phase === 'returning' ? [] : [`${gain.model} in ${gain.turnShape ?? 'all shapes'}`];
  });
}

function phaseOf({ turnShape, model }: Gain, { explanations }: CheckDraftInput): string | undefined {
  const found = explanations.find((each) => each.turnShape === turnShape);
  return found?.models.find((each) => each.model === model)?.phase;
}

function namesOf(governance: Governance): ReadonlyMap<string, string> {
  const names = new Map(governance.models.flatMap((model) => model.aliases.map((alias) => [alias, model.id] as const)));
  for (const model of governance.models) names.set(model.id, model.id);
  return names;
}

function describe({ value, low, high }: { readonly value: number; readonly low: number; readonly high: number }) {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
