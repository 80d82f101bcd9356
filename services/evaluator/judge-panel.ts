import type { Llm } from '#shared/llm/llm.ts';
import type { JudgeJob } from '#shared/queue/jobs.ts';
import { judgeQueueName, type QueueName } from '#shared/queue/names.ts';

/** A judge with the money it may spend in a day. */
export interface PanelJudge {
  readonly llm: Llm;
  readonly dailyBudgetUsd: number;
}

/** The configured judges: the first is asked, the others where it gives no usable answer. */
export interface JudgePanel {
  readonly judges: readonly [PanelJudge, ...PanelJudge[]];
  /** Share of the calls with tool use that are judged. */
  readonly callShare: number;
  /** Adds a judgement to the queue of the first judge's provider; the same one twice is one job. */
  enqueue(job: JudgeJob): Promise<void>;
}

/** A rate limit lasts minutes; with waits that double, these tries span about three. */
export const JUDGE_ATTEMPTS = 7;
export const JUDGE_BACKOFF_MS = 3_000;

/** One queue per judge provider: its rate limit is the queue's. */
export function panelQueueName(judges: JudgePanel['judges']): QueueName & `trimtab-judge-${string}` {
  return judgeQueueName(judges[0].llm.provider);
}

/** A model is asked about its own work only when nobody else can be. */
export function orderJudges(judges: readonly PanelJudge[], servedModel: string | null): readonly PanelJudge[] {
  const others = judges.filter((judge) => judge.llm.model !== servedModel);
  return [...others, ...judges.filter((judge) => judge.llm.model === servedModel)];
}

export function judgeName(llm: Llm): string {
  return `${llm.provider}/${llm.model}`;
}
