import type { Policy } from '#shared/database/policy-store.ts';
import type { RunFence } from '#shared/database/run-fence.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { ConsideredCell, ProposePrefixDeps, ProposePrefixOptions } from './begin-searches.ts';
import { continueSearches, type PrefixDraft } from './continue-searches.ts';
import { type Published, publishDraft } from './publish-draft.ts';

/** A run that a person asked for: one search, and what comes of it. */
export const PROMPT_JOB = 'prompt';

export type PrefixDecision =
  | { readonly type: 'waiting'; readonly promptRunId: string }
  | { readonly type: 'decided'; readonly summary: Readonly<Record<string, unknown>> };

/**
 * Takes the searches of a run on, and hands what they proved to the machinery of rollouts: by governance as proposals, or
 * as a rollout. Further drafts wait as proposals until the rollout before them has ended.
 */
export async function decidePrefix(
  deps: ProposePrefixDeps,
  stable: Policy,
  governance: Governance,
  options: Pick<ProposePrefixOptions, 'patienceMs'>,
  run: RunFence & { readonly projectId: string; readonly considered: readonly ConsideredCell[] },
): Promise<PrefixDecision> {
  if (governance.prefixes === 'off') return { type: 'decided', summary: { type: 'nothing', reason: 'off' } };
  const outcome = await continueSearches(deps, stable, options, run, run.considered);
  if (outcome.type === 'waiting') return outcome;
  if (outcome.type === 'nothing') return { type: 'decided', summary: { ...outcome } };
  const published: (Published & { readonly promptRunId: string })[] = [];
  for (const draft of outcome.drafts) {
    const done = await publishDraft(deps, stable, policyDraftOf(draft), { governance, mode: governance.prefixes, run });
    published.push({ ...done, promptRunId: draft.promptRunId });
  }
  const [first] = outcome.drafts;
  const shown = first === undefined ? {} : evidenceOf(first);
  const summary = { type: 'proposed', ...shown, published: published[0], alsoPublished: published.slice(1) };
  return { type: 'decided', summary: { ...summary, searches: outcome.searches } };
}

function policyDraftOf(draft: PrefixDraft) {
  const { cell, result } = draft;
  const points = (mean: number | null) => mean?.toFixed(3) ?? 'unknown';
  const { mean } = result.candidate;
  // On the same rows: the seed is scored on no more of them than the proof takes.
  const seedMean = mean === null ? null : mean - (result.difference?.mean ?? 0);
  return {
    body: draft.body,
    reason: `prefix for ${cell.model} in ${cell.turnShape}: ${points(seedMean)} -> ${points(mean)} over ${result.difference?.rows ?? 0} replayed calls`,
    evidence: evidenceOf(draft),
    turnShape: cell.turnShape,
  };
}

function evidenceOf({ promptRunId, prefixId, cell, result }: PrefixDraft) {
  const { clusterId, turnShape, model, check } = cell;
  return { promptRunId, prefixId, clusterId, turnShape, model, check, verdict: result };
}
