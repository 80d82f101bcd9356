import {
  readEvaluation,
  reserveJudgeBudget,
  settleJudgeBudget,
  writeEvaluation,
} from '#shared/database/judge-store.ts';
import type { StoredCall } from '#shared/database/load-call.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { trustIn } from './judge-calibrations.ts';
import { type JudgePanel, judgeName } from './judge-panel.ts';
import type { JudgeInDepthDeps } from './scorers/judge/judge-in-depth.ts';

/** What judging one call, or a session by its last call, needs of the world. */
export async function judgeDepsOf(
  deps: EvaluatorDeps,
  panel: JudgePanel,
  call: StoredCall['call'],
): Promise<JudgeInDepthDeps> {
  const { database } = deps;
  const { projectId, callId } = call;
  const day = new Date(deps.now()).toISOString().slice(0, 10);
  const at = (llm: Llm) => ({ projectId, day, judge: judgeName(llm) });
  const budgetOf = (llm: Llm) => panel.judges.find((judge) => judge.llm === llm)?.dailyBudgetUsd ?? 0;
  const trust = panel.readCalibrations === undefined ? {} : trustIn(await panel.readCalibrations(projectId));
  return {
    nonce: deps.nonce,
    cache: {
      read: (key) => readEvaluation(database, projectId, key),
      write: (key, value) => writeEvaluation(database, projectId, key, value, callId),
    },
    budget: {
      reserve: (llm, usd) => reserveJudgeBudget(database, at(llm), usd, budgetOf(llm)),
      async settle(llm, account) {
        await settleJudgeBudget(database, at(llm), account);
        if (account.otherModel === 0) return;
        deps.log.warn({ judge: judgeName(llm) }, 'another model than the configured one has judged: pin an exact id');
      },
    },
    ...(panel.pace === undefined ? {} : { pace: panel.pace }),
    ...trust,
  };
}
