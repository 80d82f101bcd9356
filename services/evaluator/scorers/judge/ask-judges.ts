import * as z from 'zod';
import { contentHash, sha256Hex } from '#shared/content-hash.ts';
import type { Llm, LlmError } from '#shared/llm/llm.ts';
import { barAbsence } from './bar-absence.ts';
import { createJudgePrompt, judgePromptHash, renderData } from './judge-prompt.ts';
import type { RenderedTranscript } from './render-transcript.ts';
import type { Rubric } from './rubric.ts';
import { type JudgeVerdict, parseVerdict, verdictJsonSchema } from './verdict.ts';
import { verifyQuotes } from './verify-quotes.ts';

/** Room for eight criteria with quotes and reasoning. */
const VERDICT_TOKENS_MAX = 3_000;
/** The first answer, and one repaired by what was wrong with it. */
const ANSWERS_MAX = 2;
const TOO_MANY_REQUESTS = 429;

/** What judging needs of the world; the store, the budget and the pace are behind it. */
export interface AskJudgesDeps {
  /** A mark nobody can guess, new for every request. */
  readonly nonce: () => string;
  readonly cache: {
    read(key: string): Promise<unknown>;
    write(key: string, value: unknown): Promise<void>;
  };
  readonly budget: {
    /** Takes an estimate from today's budget of a judge; false when there is not enough left. */
    reserve(judge: Llm, estimatedUsd: number): Promise<boolean>;
    /** Replaces the estimate by what it came to. */
    settle(judge: Llm, account: JudgeAccount): Promise<void>;
  };
  readonly pace?: JudgePace;
}

/** How fast a judge may be asked. */
export interface JudgePace {
  /** Waits for the judge's next turn; false when it would take too long now. */
  turn(judge: Llm, signal: AbortSignal): Promise<boolean>;
  /** The provider has said that it was too fast. */
  slowDown(judge: Llm, retryAfterSeconds: number | null): Promise<void>;
}

/** What one judgement cost a judge, and what of its answers was of no use. */
export interface JudgeAccount {
  readonly reservedUsd: number;
  spentUsd: number;
  calls: number;
  /** Answers that could not be used: failures, unreadable ones, missed control questions. */
  errors: number;
  repairs: number;
  canaryMisses: number;
  rateLimited: number;
  /** Answers of another model than the one that was asked for. */
  otherModel: number;
  /** 1 when the judgement ended without a usable answer. */
  unusable: number;
}

export interface JudgedOnce {
  readonly type: 'judged';
  readonly verdict: JudgeVerdict;
  /** `provider/model` of the judge as configured. */
  readonly judge: string;
  readonly model: string;
  /** The model that answered, in its provider's word; null for an answer that was known. */
  readonly servedModel: string | null;
  /** Criteria whose failure rested on what may have been cut. */
  readonly barred: readonly string[];
  readonly costUsd: number;
  readonly cached: boolean;
}

export type Judgement =
  | JudgedOnce
  /** No judge gave a usable answer: an error is neither a pass nor a zero. */
  | { readonly type: 'judge_error'; readonly model: string; readonly problem: string; readonly costUsd: number }
  | { readonly type: 'budget_exhausted' }
  /** The providers cannot be reached now; worth another try later. */
  | { readonly type: 'unavailable'; readonly message: string };

export interface JudgeQuestion {
  readonly rubric: Rubric;
  readonly transcript: RenderedTranscript;
  /** 0 is the verdict; further ones are drawn to see how firm it is. */
  readonly draw: number;
}

const cachedSchema = z.object({ verdict: z.unknown(), servedModel: z.string().nullable() });

/** Asks the judges in turn until one gives a usable verdict. */
export async function askJudges(
  deps: AskJudgesDeps,
  judges: readonly Llm[],
  question: JudgeQuestion,
  signal: AbortSignal,
): Promise<Judgement> {
  const failures: Judgement[] = [];
  let costUsd = 0;
  for (const judge of judges) {
    const judgement = await askJudge(deps, judge, question, signal);
    if (judgement.type === 'judged') return { ...judgement, costUsd: judgement.costUsd + costUsd };
    if (judgement.type === 'judge_error') costUsd += judgement.costUsd;
    failures.push(judgement);
  }
  // A provider that is down may come back; one that answered with rubbish has had its chances.
  const best =
    failures.find((failure) => failure.type === 'unavailable') ??
    failures.find((failure) => failure.type === 'judge_error') ??
    failures[0];
  if (best === undefined) return { type: 'judge_error', model: 'none', problem: 'no judge is configured', costUsd };
  return best.type === 'judge_error' ? { ...best, costUsd } : best;
}

/**
 * Asks one judge. It may repair its answer once, told what was wrong with it; evidence that still does not hold then
 * leaves its criterion undecided.
 */
export async function askJudge(
  deps: AskJudgesDeps,
  judge: Llm,
  question: JudgeQuestion,
  signal: AbortSignal,
): Promise<Judgement> {
  const key = judgementKey(judge, question);
  const known = readCached(question, await deps.cache.read(key));
  if (known !== null) return judged(judge, question, known.verdict, known.servedModel, { cached: true, costUsd: 0 });

  const prompt = createJudgePrompt(question.rubric, question.transcript, deps.nonce());
  const reservedUsd = estimateJudgementUsd(judge, prompt.system.length + prompt.user.length);
  if (!(await deps.budget.reserve(judge, reservedUsd))) return { type: 'budget_exhausted' };
  const account: JudgeAccount = { reservedUsd, ...NOTHING_SPENT };
  try {
    if (deps.pace !== undefined && !(await deps.pace.turn(judge, signal))) {
      return { type: 'unavailable', message: `${judge.provider}/${judge.model} is asked as often as it may be` };
    }
    const answer = await converse(deps, judge, question, prompt, account, signal);
    if (answer.type !== 'answered') return answer;
    await deps.cache.write(key, { verdict: answer.verdict, servedModel: answer.servedModel });
    const { spentUsd } = account;
    return judged(judge, question, answer.verdict, answer.servedModel, { cached: false, costUsd: spentUsd });
  } finally {
    await deps.budget.settle(judge, account);
  }
}

const NOTHING_SPENT = {
  ...{ spentUsd: 0, calls: 0, errors: 0, repairs: 0 },
  ...{ canaryMisses: 0, rateLimited: 0, otherModel: 0, unusable: 0 },
};

/** Equal content asked in equal words of the same snapshot has one answer, whoever asks. */
export function judgementKey(judge: Llm, { rubric, transcript, draw }: JudgeQuestion): string {
  return contentHash({
    judge: `${judge.provider}/${judge.model}`,
    prompt: judgePromptHash(rubric),
    rubric: `${rubric.id}@${rubric.version}`,
    record: sha256Hex(renderData(transcript)),
    draw,
  });
}

function readCached({ rubric }: JudgeQuestion, value: unknown) {
  const entry = cachedSchema.safeParse(value);
  if (!entry.success) return null;
  const known = parseVerdict(rubric, entry.data.verdict);
  return known.valid ? { verdict: known.verdict, servedModel: entry.data.servedModel } : null;
}

/** The answer may have to be repaired, so that every request is reserved for as often as it may be sent. */
function estimateJudgementUsd(judge: Llm, promptCharacters: number): number {
  return ANSWERS_MAX * (judge.estimateCostUsd(promptCharacters, VERDICT_TOKENS_MAX) ?? 0);
}

type Answered = { readonly type: 'answered'; readonly verdict: JudgeVerdict; readonly servedModel: string };

async function converse(
  deps: AskJudgesDeps,
  judge: Llm,
  { rubric, transcript, draw }: JudgeQuestion,
  prompt: { readonly system: string; readonly user: string },
  account: JudgeAccount,
  signal: AbortSignal,
): Promise<Answered | Extract<Judgement, { type: 'judge_error' | 'unavailable' }>> {
  let problem = '';
  let undecided: Answered | null = null;
  for (let answer = 1; answer <= ANSWERS_MAX; answer += 1) {
    if (answer > 1) account.repairs += 1;
    const repair = problem === '' ? '' : `\n\nYour answer before this one could not be used: ${problem}. Answer again.`;
    const result = await judge.completeStructured({
      system: prompt.system,
      user: prompt.user + repair,
      schemaName: `record_${rubric.id}`,
      jsonSchema: verdictJsonSchema(rubric),
      maxOutputTokens: VERDICT_TOKENS_MAX,
      draw,
      signal,
    });
    account.calls += 1;
    account.spentUsd += result.costUsd ?? 0;
    if (!result.ok) {
      account.errors += 1;
      if (result.error.kind === 'retryable') return await retryLater(deps, judge, result.error, account);
      problem = `${result.error.kind}: ${result.error.message}`;
      break;
    }
    if (result.model !== judge.model) account.otherModel += 1;
    const parsed = parseVerdict(rubric, result.value);
    if (!parsed.valid) {
      account.errors += 1;
      problem = parsed.problem;
      if (!parsed.missedControl) continue;
      // Told which control question it missed, a judge that was talked over would mend that one and nothing else.
      account.canaryMisses += 1;
      break;
    }
    const { verdict, unverified } = verifyQuotes(parsed.verdict, transcript);
    undecided = { type: 'answered', verdict, servedModel: result.model };
    if (unverified.length === 0) return undecided;
    problem = `these criteria quote what their message does not say, or fail without a quote: ${unverified.join(', ')}`;
  }
  if (undecided !== null) return undecided;
  account.unusable = 1;
  return { type: 'judge_error', model: judge.model, problem, costUsd: account.spentUsd };
}

async function retryLater(deps: AskJudgesDeps, judge: Llm, error: LlmError, account: JudgeAccount) {
  if (error.status === TOO_MANY_REQUESTS) {
    account.rateLimited += 1;
    await deps.pace?.slowDown(judge, error.retryAfterSeconds);
  }
  return { type: 'unavailable', message: error.message } as const;
}

function judged(
  judge: Llm,
  { rubric, transcript }: JudgeQuestion,
  found: JudgeVerdict,
  servedModel: string | null,
  spent: { readonly cached: boolean; readonly costUsd: number },
): JudgedOnce {
  const { verdict, barred } = barAbsence(rubric, found, transcript);
  const name = `${judge.provider}/${judge.model}`;
  return { type: 'judged', verdict, judge: name, model: judge.model, servedModel, barred, ...spent };
}
