import type { Database } from '#shared/database/connect.ts';
import { requestRun } from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import type { PromptRun } from '#shared/database/prompt-run-store.ts';
import { findClusterId } from '#shared/database/prompts/find-cluster-id.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { ProposePrefixOptions } from './begin-searches.ts';
import { PROMPT_JOB } from './decide-prefix.ts';
import { findCell } from './find-cell.ts';
import type { RegisteredOptimizer } from './prompts/contract/register-optimizer.ts';
import { openRun } from './prompts/runs/open-run.ts';
import { type PlanRefusal, planRun } from './prompts/runs/plan-run.ts';
import type { RunPlan, RunSettings } from './prompts/runs/run-settings.ts';
import { seedOf } from './prompts/runs/seed-of.ts';

export interface AskForSearchDeps {
  /** Under a role that may write runs for people. */
  readonly database: Database;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly optimizers: ReadonlyMap<string, RegisteredOptimizer>;
  readonly options: Omit<ProposePrefixOptions, 'patienceMs'>;
}

export interface SearchRequest {
  readonly projectId: string;
  /** By id, the start of one, or name. */
  readonly cluster: string;
  readonly model?: string | undefined;
  readonly turnShape?: string | undefined;
  /** The configured one when absent. */
  readonly optimizer?: string | undefined;
  readonly optimizerOptions?: unknown;
  /** The configured one of a night when absent. */
  readonly budgetUsd?: number | undefined;
  readonly taskCalls?: number | undefined;
  readonly seed?: number | undefined;
  /** Who asks, as the audit log names them. */
  readonly actor: string;
}

export interface PlannedSearch {
  readonly optimizer: string;
  readonly settings: RunSettings;
  readonly plan: RunPlan;
  /** Begins the search; the optimizer takes it up within seconds. */
  begin(): Promise<PromptRun>;
}

const REFUSALS: Readonly<Record<PlanRefusal, string>> = {
  no_teacher: 'there is no teacher: name one in the configuration, or a judge, which teaches when there is none',
  nothing_scored: 'no call is scored yet; is the evaluator running?',
  not_replayable: 'what fails shows only in the next request or in the whole session, not in one call sent again',
  too_few_calls: 'too few calls of the cluster are stored with their content for three sets to search and test on',
  not_served_any_more: 'the prefix that the failing calls were served with is not stored any more',
  budget_too_small: 'the budget does not last for the fewest replays that the optimizer needs',
};

/**
 * A search that a person asks for: its plan and what it will cost, and how to begin it. Nothing is written or spent
 * until then.
 *
 * @throws TrimtabError `not_found`, or `invalid_request` with the reason why it cannot be done
 */
export async function askForSearch(deps: AskForSearchDeps, request: SearchRequest): Promise<PlannedSearch> {
  const { database, options } = deps;
  const { projectId } = request;
  const governance = (await readGovernance(database, projectId))?.body ?? null;
  const pointer = await readPointer(database, projectId);
  const stable = pointer === null ? null : await readPolicy(database, projectId, pointer.stable);
  if (governance === null || stable === null) throw refused('no policy is active yet', 'no_active_policy');
  if (governance.prefixes === 'off') {
    throw refused('prefixes are off in governance: set governance.prefixes to propose or automatic', 'off');
  }
  const name = request.optimizer ?? options.promptOptimizer;
  const optimizer = deps.optimizers.get(name);
  if (optimizer === undefined) {
    const known = [...deps.optimizers.keys()].join(', ');
    throw refused(`there is no optimizer ${name}; there are ${known}`, 'unknown_optimizer');
  }
  const asOf = new Date(deps.now());
  const clusterId = await findClusterId(database, projectId, request.cluster);
  const { model, turnShape } = request;
  const { failures, since } = await findCell(database, projectId, { clusterId, model, turnShape, asOf }, stable);
  const planned = await planRun(database, governance, {
    ...{ projectId, failures, since, asOf, optimizer, options: request.optimizerOptions },
    ...{ budgetUsd: request.budgetUsd ?? options.promptBudgetUsd, taskCalls: request.taskCalls },
    ...{ replayCalls: options.replayCalls, prefixCostMax: options.prefixCostMax, teacher: options.teacherName },
    seed: request.seed ?? seedOf(asOf.toISOString(), failures),
    ...{ judgeMostUsd: options.judgeMostUsd, author: request.actor },
  });
  if (planned.type === 'refused') {
    const need =
      planned.plan === undefined
        ? ''
        : `: at least ${planned.plan.floorCalls} replays, about $${planned.plan.floorUsd.toFixed(2)}`;
    throw refused(`${REFUSALS[planned.reason]}${need}`, planned.reason);
  }
  const { settings, plan } = planned;
  return {
    ...{ optimizer: name, settings, plan },
    begin: () =>
      // The run must not be seen before its search is there.
      database.transaction().execute(async (transaction) => {
        const asked = { projectId, job: PROMPT_JOB, logicalTime: asOf, trigger: request.actor };
        const { run, created } = await requestRun(transaction, asked);
        if (!created) throw new TrimtabError('conflict', 'another search was asked for at this very moment');
        const about = { projectId, runId: run.runId, optimizer: name, seedPrefixId: failures.prefixId };
        return await openRun(transaction, planned, about);
      }),
  };
}

function refused(message: string, reason: string): TrimtabError {
  return new TrimtabError('invalid_request', message, { details: { reason } });
}
