/** Reasons of the optimizer, as a person reads them. */
const SENTENCES: Readonly<Record<string, string>> = {
  // Why a turn shape is served as it is.
  cheaper_proven: 'a cheaper model is proven; routing moves to it',
  current_below_bar: 'the served model is proven to be below the bar; routing moves away',
  cheapest_proven_is_served: 'the cheapest proven model is served',
  nothing_proven: 'no model is proven yet; needs more sessions',
  current_undecided_and_cheaper: 'the served model is undecided, and cheaper than what is proven',
  current_cost_unknown: 'the cost of the served model is not known yet',
  no_sessions: 'no scored sessions yet',
  no_scored_sessions: 'no session has closed and been scored yet',
  no_route: 'no route of the active policy decides it',
  // Why a run proposed nothing.
  off: 'switched off in governance',
  no_change: 'nothing better is proven',
  no_active_policy: 'there is no active policy',
  no_fixable_cluster: 'no failure cluster that a prompt prefix could fix',
  tried_lately: 'every fixable cluster was tried lately',
  no_teacher: 'no teacher or judge model is configured to write a prefix',
  budget_spent: 'the prompt budget is spent',
  nothing_scored: 'no call of the cluster is scored yet',
  too_few_calls: 'too few calls of the cluster can be replayed',
  teacher_failed: 'the teacher model failed',
  replays_timed_out: 'the replays did not finish in time',
  not_served_any_more: 'the policy does not serve the model any more',
  no_proof: 'the candidate is not proven to be better',
  improved: 'the candidate is proven to be better',
  no_better_candidate: 'no candidate did better than what is served',
  too_dear: 'the prefix would cost more than it may',
  budget_too_small: 'the budget does not last for the fewest replays that a search needs',
  not_replayable: 'the failures do not show in one call sent again',
  not_served: 'they happened under another prefix than the one that is served now',
  beyond_clusters: 'other clusters were worth more tonight',
  no_expected_gain: 'earlier searches for the check gained nothing',
  unknown_optimizer: 'there is no optimizer of that name',
  optimizer_changed: 'the optimizer is another version than the one that began it',
  calls_erased: 'calls that it replayed were erased',
  replays_failed: 'the replays failed',
  cancelled: 'somebody cancelled it',
  purged: 'its cluster was erased',
  new_failures: 'the candidate brought failures of its own',
  too_few_replays: 'too few replays could be compared',
  // Why a proposal did not become a rollout.
  rollout_running: 'another rollout runs',
  paused: 'the optimizer is paused',
  pinned: 'a policy is pinned',
  stable_moved: 'the stable policy changed meanwhile',
  revoked: 'the policy was rolled back before',
  cool_off: 'the same change was rolled back lately, and cools off',
  rate_limit: 'the optimizer has made as many changes today as governance allows',
  human_only: 'it changes what only people may change',
  needs_approval: 'it lacks the approvals that governance asks for',
  exposure: 'canary and exploration together would exceed what governance exposes',
};

/** A sentence for a reason code; one that is not known here is shown as it is. */
export function describeReason(code: string): string {
  return SENTENCES[code] ?? code.replaceAll('_', ' ');
}
