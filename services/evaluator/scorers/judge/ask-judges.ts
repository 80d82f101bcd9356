import { contentHash } from '#shared/content-hash.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { createJudgePrompt, judgePromptHash, renderData } from './judge-prompt.ts';
import type { RenderedTranscript } from './render-transcript.ts';
import type { Rubric } from './rubric.ts';
import { type JudgeVerdict, parseVerdict, verdictJsonSchema } from './verdict.ts';
import { verifyQuotes } from './verify-quotes.ts';

/** Room for eight criteria with quotes and reasoning. */
const VERDICT_TOKENS_MAX = 3_000;
/** The first answer, and one repaired by what was wrong with it. */
const ANSWERS_MAX = 2;

/** What judging needs of the world; the store and the budget are behind it. */
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
    settle(judge: Llm, settlement: Settlement): Promise<void>;
  };
}

interface Settlement {
  readonly reservedUsd: number;
  readonly spentUsd: number;
  readonly calls: number;
  readonly errors: number;
}

export type Judgement =
  | {
      readonly type: 'judged';
      readonly verdict: JudgeVerdict;
      readonly model: string;
      readonly costUsd: number;
      readonly cached: boolean;
    }
  /** No judge gave a usable answer: an error is neither a pass nor a zero. */
  | { readonly type: 'judge_error'; readonly model: string; readonly problem: string; readonly costUsd: number }
  | { readonly type: 'budget_exhausted' }
  /** The providers cannot be reached now; worth another try later. */
  | { readonly type: 'unavailable'; readonly message: string };

/** The answer may have to be repaired, so that every request is reserved for as often as it may be sent. */
function estimateJudgementUsd(judge: Llm, promptCharacters: number): number {
  return ANSWERS_MAX * (judge.estimateCostUsd(promptCharacters, VERDICT_TOKENS_MAX) ?? 0);
}

/**
 * Asks the judges in turn until one gives a usable verdict. Each may repair its answer once, told what was wrong with
 * it; evidence that still does not hold then leaves its criterion undecided.
 */
export async function askJudges(
  deps: AskJudgesDeps,
  judges: readonly Llm[],
  rubric: Rubric,
  transcript: RenderedTranscript,
  signal: AbortSignal,
): Promise<Judgement> {
  const failures: Judgement[] = [];
  let costUsd = 0;
  for (const judge of judges) {
    const judgement = await askJudge(deps, judge, rubric, transcript, signal);
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

async function askJudge(
  deps: AskJudgesDeps,
  judge: Llm,
  rubric: Rubric,
  transcript: RenderedTranscript,
  signal: AbortSignal,
): Promise<Judgement> {
  const key = contentHash({
    judge: `${judge.provider}/${judge.model}`,
    prompt: judgePromptHash(rubric),
    data: renderData(transcript),
  });
  const known = parseVerdict(rubric, (await deps.cache.read(key)) ?? undefined);
  if (known.valid) return { type: 'judged', verdict: known.verdict, model: judge.model, costUsd: 0, cached: true };

  const nonce = deps.nonce();
  const prompt = createJudgePrompt(rubric, transcript, nonce);
  const reservedUsd = estimateJudgementUsd(judge, prompt.system.length + prompt.user.length);
  if (!(await deps.budget.reserve(judge, reservedUsd))) return { type: 'budget_exhausted' };
  const account = { reservedUsd, spentUsd: 0, calls: 0, errors: 0 };
  try {
    const judgement = await converse(judge, rubric, transcript, prompt, account, signal);
    if (judgement.type === 'judged') await deps.cache.write(key, judgement.verdict);
    return judgement;
  } finally {
    await deps.budget.settle(judge, account);
  }
}

interface Account {
  readonly reservedUsd: number;
  spentUsd: number;
  calls: number;
  errors: number;
}

async function converse(
  judge: Llm,
  rubric: Rubric,
  transcript: RenderedTranscript,
  prompt: { readonly system: string; readonly user: string },
  account: Account,
  signal: AbortSignal,
): Promise<Judgement> {
  let problem = '';
  let undecided: JudgeVerdict | null = null;
  for (let answer = 1; answer <= ANSWERS_MAX; answer += 1) {
    const repair = problem === '' ? '' : `\n\nYour answer before this one could not be used: ${problem}. Answer again.`;
    const result = await judge.completeStructured({
      system: prompt.system,
      user: prompt.user + repair,
      schemaName: `record_${rubric.id}`,
      jsonSchema: verdictJsonSchema(rubric),
      maxOutputTokens: VERDICT_TOKENS_MAX,
      signal,
    });
    account.calls += 1;
    account.spentUsd += result.costUsd ?? 0;
    if (!result.ok) {
      account.errors += 1;
      if (result.error.kind === 'retryable') return { type: 'unavailable', message: result.error.message };
      problem = `${result.error.kind}: ${result.error.message}`;
      break;
    }
    const parsed = parseVerdict(rubric, result.value);
    if (!parsed.valid) {
      account.errors += 1;
      problem = parsed.problem;
      continue;
    }
    const { verdict, unverified } = verifyQuotes(parsed.verdict, transcript);
    if (unverified.length === 0) return judged(judge, verdict, account);
    undecided = verdict;
    problem = `these criteria quote what their message does not say, or fail without a quote: ${unverified.join(', ')}`;
  }
  if (undecided !== null) return judged(judge, undecided, account);
  return { type: 'judge_error', model: judge.model, problem, costUsd: account.spentUsd };
}

function judged(judge: Llm, verdict: JudgeVerdict, account: Account): Judgement {
  return { type: 'judged', verdict, model: judge.model, costUsd: account.spentUsd, cached: false };
}
