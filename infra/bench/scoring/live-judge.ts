import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cohenKappa, confusionOf, passPrecision } from '#shared/calibration/agreement.ts';
import { auroc } from '#shared/calibration/auroc.ts';
import { tokensOfTexts } from '#shared/formats/tokens/text-tokens.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { AskJudgesDeps } from '../../../services/evaluator/scorers/judge/ask-judges.ts';
import { detectInjection } from '../../../services/evaluator/scorers/judge/detect-injection.ts';
import { judgeInDepth } from '../../../services/evaluator/scorers/judge/judge-in-depth.ts';
import { renderTranscript } from '../../../services/evaluator/scorers/judge/render-transcript.ts';
import type { Rubric } from '../../../services/evaluator/scorers/judge/rubric.ts';
import { taskCompletion } from '../../../services/evaluator/scorers/judge/rubrics/task-completion.ts';
import { toolUse } from '../../../services/evaluator/scorers/judge/rubrics/tool-use.ts';
import { type JudgedRun, readJudgedRuns } from './judged-runs.ts';
import { type JudgedWrite, writesOf } from './judged-writes.ts';
import { failureStepFigures } from './live-failure-step.ts';
import { humanAgreementFigures } from './live-human-agreement.ts';
import { bootstrapped, type LiveJudgeOptions, mapInTurn, sample } from './live-subjects.ts';
import type { WrittenFigure } from './scoring-report.ts';

const NEVER = new AbortController().signal;
/** What a judge that cannot tell is taken to say where a number is needed. */
const UNDECIDED = 0.5;

export interface LiveJudgeResult {
  readonly figures: readonly WrittenFigure[];
  readonly notMeasured: readonly { readonly goal: string; readonly reason: string }[];
}

/** What only a live judge can show, as far as the data for it is there. */
export async function measureLiveJudges(dataFolder: string, options: LiveJudgeOptions): Promise<LiveJudgeResult> {
  const figures: WrittenFigure[] = [];
  const notMeasured: { goal: string; reason: string }[] = [];
  const goals = [
    { goal: 'G6', folder: 'tau2-bench', measure: taskCompletionFigures },
    { goal: 'G7', folder: 'tau2-bench', measure: writeFigures },
    { goal: 'G11', folder: 'pandalm', measure: humanAgreementFigures },
    { goal: 'G14', folder: 'who-and-when', measure: failureStepFigures },
    { goal: 'G20', folder: 'tau2-bench', measure: truncationFigures },
  ];
  for (const { goal, folder, measure } of goals) {
    if (!existsSync(join(dataFolder, folder))) {
      notMeasured.push({ goal, reason: `${folder} is not among the data` });
      continue;
    }
    figures.push(...(await measure(dataFolder, options)));
  }
  return { figures, notMeasured };
}

interface JudgedOutcome {
  readonly group: string;
  readonly label: 0 | 1;
  /** 0 to 1. */
  readonly score: number;
  readonly verdict: 0 | 1;
}

/** Whether runs did their task, by a judge that sees the policy where it was recorded, and no reference. */
async function taskCompletionFigures(dataFolder: string, options: LiveJudgeOptions): Promise<WrittenFigure[]> {
  const runs = sample([...readJudgedRuns(dataFolder, 'tau2-bench'), ...tauRuns(dataFolder)], options.quick);
  const outcomes = await mapInTurn(runs, (run) => judgeRun(options.judges, run));
  return [
    bootstrapped('G6', outcomes, areaOf, '>=', 0.8),
    bootstrapped('G6_kappa', outcomes, (rows) => cohenKappa(confusionOf(rows)), '>=', 0.45),
    bootstrapped('G6_precision', outcomes, (rows) => passPrecision(confusionOf(rows)), '>=', 0.75),
  ];
}

function tauRuns(dataFolder: string): readonly JudgedRun[] {
  return existsSync(join(dataFolder, 'tau-bench')) ? readJudgedRuns(dataFolder, 'tau-bench') : [];
}

/** Whether one write of an agent was one that the task wanted. */
async function writeFigures(dataFolder: string, options: LiveJudgeOptions): Promise<WrittenFigure[]> {
  const writes = sample(readJudgedRuns(dataFolder, 'tau2-bench').flatMap(writesOf), options.quick);
  const outcomes = await mapInTurn(writes, async (write: JudgedWrite): Promise<JudgedOutcome> => {
    const outcome = await judge(options.judges, toolUse, write.request, write.response);
    return { group: write.group, label: write.right ? 1 : 0, ...outcome };
  });
  return [bootstrapped('G7', outcomes, balancedAccuracy, '>=', 0.75)];
}

/** What a judge's ranking of runs loses when it sees half of each, and a quarter. */
async function truncationFigures(dataFolder: string, options: LiveJudgeOptions): Promise<WrittenFigure[]> {
  const runs = sample(readJudgedRuns(dataFolder, 'tau2-bench'), options.quick);
  const at = (share: number) => mapInTurn(runs, (run) => judgeRun(options.judges, run, share));
  const whole = await at(1);
  const loss = async (share: number) => {
    const cut = await at(share);
    return whole.map((outcome, index) => ({ ...outcome, cutScore: cut[index]?.score ?? UNDECIDED }));
  };
  const lost = (rows: readonly (JudgedOutcome & { readonly cutScore: number })[]) => {
    const before = areaOf(rows);
    const after = areaOf(rows.map((row) => ({ ...row, score: row.cutScore })));
    return before === null || after === null ? null : before - after;
  };
  return [
    bootstrapped('G20', await loss(0.5), lost, '<=', 0.03),
    bootstrapped('G20_quarter', await loss(0.25), lost, '<=', null),
  ];
}

async function judgeRun(judges: readonly Llm[], run: JudgedRun, share = 1): Promise<JudgedOutcome> {
  const outcome = await judge(judges, taskCompletion, run.request, run.response, share);
  return { group: run.group, label: run.passed ? 1 : 0, ...outcome };
}

async function judge(
  judges: readonly Llm[],
  rubric: Rubric,
  request: JudgedRun['request'],
  response: JudgedRun['response'],
  share = 1,
): Promise<Pick<JudgedOutcome, 'score' | 'verdict'>> {
  const record = { ...request };
  const whole = renderTranscript(record, response);
  const tokensMax = Math.ceil(share * tokensOfTexts(whole.messages.map(({ text }) => text)));
  const judgement = await judgeInDepth(
    ASK_DEPS,
    judges,
    {
      rubric,
      transcript: share === 1 ? whole : renderTranscript(record, response, { tokensMax }),
      injection: detectInjection(record, response),
      ...{ deterministicFailure: null, probability: null, isCanary: false, inputTokens: 0 },
    },
    NEVER,
  );
  if (judgement.type === 'unavailable') throw new Error(`the judge cannot be reached: ${judgement.message}`);
  if (judgement.type !== 'judged') return { score: UNDECIDED, verdict: 0 };
  const { outcome, value } = judgement.decision;
  return { score: value ?? UNDECIDED, verdict: outcome === 'pass' ? 1 : 0 };
}

const ASK_DEPS: AskJudgesDeps = {
  nonce: () => randomBytes(12).toString('hex'),
  cache: { read: async () => null, write: async () => {} },
  budget: { reserve: async () => true, settle: async () => {} },
};

function areaOf(rows: readonly JudgedOutcome[]): number | null {
  return auroc(
    rows.map(({ score }) => score),
    rows.map(({ label }) => label),
  );
}

function balancedAccuracy(rows: readonly JudgedOutcome[]): number | null {
  const { truePass, falsePass, trueFail, falseFail } = confusionOf(rows);
  if (truePass + falseFail === 0 || trueFail + falsePass === 0) return null;
  return (truePass / (truePass + falseFail) + trueFail / (trueFail + falsePass)) / 2;
}
