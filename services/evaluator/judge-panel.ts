import type { Llm } from '#shared/llm/llm.ts';
import type { JudgeJob } from '#shared/queue/jobs.ts';
import { judgeQueueName, type QueueName } from '#shared/queue/names.ts';
import type { ReadJudgeCalibrations } from './judge-calibrations.ts';
import type { JudgeInDepthDeps } from './scorers/judge/judge-in-depth.ts';
import { modelFamily } from './scorers/judge/model-family.ts';

/** A judge with the money it may spend in a day. */
export interface PanelJudge {
  readonly llm: Llm;
  readonly dailyBudgetUsd: number;
  /** Of all evaluators together; null for no limit of ours. */
  readonly requestsPerMinute?: number | null;
}

/** The configured judges: the first is asked, the others where it gives no usable answer or its word is not enough. */
export interface JudgePanel extends Pick<JudgeInDepthDeps, 'pace'> {
  readonly judges: readonly [PanelJudge, ...PanelJudge[]];
  /** Share of the calls with tool use that are judged. */
  readonly callShare: number;
  /** What labels say of the judges; all weigh alike when absent. */
  readonly readCalibrations?: ReadJudgeCalibrations;
  /** Adds a judgement to the queue of the first judge's provider; the same one twice is one job. */
  enqueue(job: JudgeJob): Promise<void>;
}

/**
 * A provider that is overloaded or limits us is asked again later and later, with jitter: nine waits that double from
 * fourteen seconds span two hours.
 */
export const JUDGE_ATTEMPTS = 10;
export const JUDGE_BACKOFF_MS = 14_000;

/** One queue per judge provider: its rate limit is the queue's. */
export function panelQueueName(judges: JudgePanel['judges']): QueueName & `trimtab-judge-${string}` {
  return judgeQueueName(judges[0].llm.provider);
}

/**
 * The judges that may be asked about the work of these models: none of a family that produced it, as long as another
 * is configured. Where every judge is of such a family, those that are not the very model come first.
 *
 * @param servedModels what served the subject, the last one last
 */
export function eligibleJudges(
  judges: readonly PanelJudge[],
  servedModels: readonly (string | null)[],
): readonly PanelJudge[] {
  const served = servedModels.filter((model) => model !== null);
  const families = new Set(served.map(modelFamily));
  const strangers = judges.filter(({ llm }) => !families.has(modelFamily(llm.model)));
  if (strangers.length > 0) return strangers;
  const lastFamily = modelFamily(served.at(-1) ?? '');
  const notOfLast = judges.filter(({ llm }) => modelFamily(llm.model) !== lastFamily);
  if (notOfLast.length > 0) return notOfLast;
  const isProducer = ({ llm }: PanelJudge) => served.includes(llm.model);
  return [...judges.filter((judge) => !isProducer(judge)), ...judges.filter(isProducer)];
}

export function judgeName(llm: Llm): string {
  return `${llm.provider}/${llm.model}`;
}
