import type { JudgeDetails } from '#shared/domain/judge-details.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { drawsAgain, VERDICT_REPEAT_RULE } from './adaptive-repeats.ts';
import { type AskJudgesDeps, askJudge, askJudges, type JudgedOnce, type Judgement } from './ask-judges.ts';
import { combineVerdicts } from './combine-verdicts.ts';
import { decideVerdict, type JudgeDecision } from './decide-verdict.ts';
import type { InjectionReport } from './detect-injection.ts';
import { type EscalationReason, escalationReasons } from './escalation-reasons.ts';
import { modelFamily } from './model-family.ts';
import { combineVotes, type JudgeReliability, panelWeights } from './panel-weights.ts';
import { type RenderedTranscript, transcriptCharacters } from './render-transcript.ts';
import type { Rubric } from './rubric.ts';

/** Judges asked beside the first one when its word is not enough. */
const FURTHER_JUDGES_MAX = 2;
/** Where an outcome between fail (0) and pass (1) is decided. */
const OUTCOME_BAR = 0.5;
const OUTCOME_VALUES = { pass: 1, fail: 0, unknown: OUTCOME_BAR, not_applicable: OUTCOME_BAR } as const;
const OUTCOME_VOTES = { pass: 1, fail: -1, unknown: null, not_applicable: null } as const;

/** A value of a judge with what bears on how far to believe it. */
interface RawJudgement {
  readonly score: number;
  /** Estimated input tokens of the judged call. */
  readonly tokens: number;
  readonly truncation: number;
}

/** What is judged, with what is known of it beside the transcript. */
export interface JudgedSubject {
  readonly rubric: Rubric;
  readonly transcript: RenderedTranscript;
  readonly injection: InjectionReport;
  readonly deterministicFailure: boolean | null;
  readonly probability: number | null;
  readonly isCanary: boolean;
  /** Estimated, of the judged call or of a session's last one. */
  readonly inputTokens: number;
}

export interface JudgeInDepthDeps extends AskJudgesDeps {
  /** Measured on labelled subjects; null for a judge without labels. */
  readonly reliabilityOf?: (model: string, rubric: Rubric) => JudgeReliability | null;
  /** The probability that the subject is good, by this judge's calibration; null without one. */
  readonly calibrate?: (model: string, rubric: Rubric, judgement: RawJudgement) => number | null;
}

export type DepthJudgement =
  | {
      readonly type: 'judged';
      readonly decision: JudgeDecision;
      readonly confidence: number | null;
      readonly model: string;
      readonly details: JudgeDetails;
      readonly costUsd: number;
      readonly cached: boolean;
    }
  | Exclude<Judgement, { type: 'judged' }>;

/**
 * The first judge's verdict, and where that is not enough a panel's: judges of other families where there are any, else
 * the same judge again until it is clear what it says.
 *
 * @param judges in the order in which they are asked, none of the producer's family where another is configured
 */
export async function judgeInDepth(
  deps: JudgeInDepthDeps,
  judges: readonly Llm[],
  subject: JudgedSubject,
  signal: AbortSignal,
): Promise<DepthJudgement> {
  const question = { rubric: subject.rubric, transcript: subject.transcript, draw: 0 };
  const first = await askJudges(deps, judges, question, signal);
  if (first.type !== 'judged') return first;
  const opinions = [opinionOf(subject, first)];
  const confidence = confidenceIn(deps, subject, first, opinions[0]?.decision.value ?? null);
  const reasons = escalationReasons({
    outcome: opinions[0]?.decision.outcome ?? 'unknown',
    confidence,
    cutShare: subject.transcript.cutShare,
    injectionFound: subject.injection.suspected || subject.injection.instructed,
    deterministicFailure: subject.deterministicFailure,
    probability: subject.probability,
    isCanary: subject.isCanary,
  });
  if (reasons.length > 0) {
    const others = othersThan(first, judges);
    // A judge that cannot tell will not be able to tell the next time.
    const isWorthRepeating = confidence !== null || reasons.some((reason) => reason !== 'low_confidence');
    if (others.length > 0) opinions.push(...(await askFurther(deps, others, subject, signal)));
    else if (isWorthRepeating) opinions.push(...(await repeat(deps, judges, first, subject, signal)));
  }
  return conclude(deps, subject, opinions, { reasons, confidence });
}

interface Opinion {
  readonly judgement: JudgedOnce;
  readonly draw: number;
  readonly decision: JudgeDecision;
}

function opinionOf({ rubric, transcript }: JudgedSubject, judgement: JudgedOnce, draw = 0): Opinion {
  return { judgement, draw, decision: decideVerdict(rubric, judgement.verdict, transcript) };
}

/** One judge per family that the first one is not of: two of a family err alike. */
function othersThan(first: JudgedOnce, judges: readonly Llm[]): readonly Llm[] {
  const seen = new Set([modelFamily(first.model)]);
  const others: Llm[] = [];
  for (const judge of judges) {
    const family = modelFamily(judge.model);
    if (seen.has(family)) continue;
    seen.add(family);
    others.push(judge);
  }
  return others.slice(0, FURTHER_JUDGES_MAX);
}

/** What cannot be had now is done without: a verdict of fewer judges is better than none. */
async function askFurther(
  deps: JudgeInDepthDeps,
  others: readonly Llm[],
  subject: JudgedSubject,
  signal: AbortSignal,
): Promise<readonly Opinion[]> {
  const question = { rubric: subject.rubric, transcript: subject.transcript, draw: 0 };
  const judgements = await Promise.all(others.map((judge) => askJudge(deps, judge, question, signal)));
  return judgements.flatMap((judgement) => (judgement.type === 'judged' ? [opinionOf(subject, judgement)] : []));
}

async function repeat(
  deps: JudgeInDepthDeps,
  judges: readonly Llm[],
  first: JudgedOnce,
  subject: JudgedSubject,
  signal: AbortSignal,
): Promise<readonly Opinion[]> {
  const judge = judges.find((each) => `${each.provider}/${each.model}` === first.judge);
  if (judge === undefined) return [];
  const opinions = [opinionOf(subject, first)];
  const valuesOf = () => opinions.map(({ decision }) => OUTCOME_VALUES[decision.outcome]);
  while (drawsAgain(valuesOf(), OUTCOME_BAR, VERDICT_REPEAT_RULE)) {
    const draw = opinions.length;
    const question = { rubric: subject.rubric, transcript: subject.transcript, draw };
    const judgement = await askJudge(deps, judge, question, signal);
    if (judgement.type !== 'judged') break;
    opinions.push(opinionOf(subject, judgement, draw));
  }
  return opinions.slice(1);
}

function conclude(
  deps: JudgeInDepthDeps,
  subject: JudgedSubject,
  opinions: readonly Opinion[],
  { reasons, confidence }: { readonly reasons: readonly EscalationReason[]; readonly confidence: number | null },
): DepthJudgement {
  const { rubric, transcript, injection } = subject;
  const weights = panelWeights(opinions.map(({ judgement }) => deps.reliabilityOf?.(judgement.model, rubric) ?? null));
  const verdict = combineVerdicts(
    rubric,
    opinions.map(({ judgement }) => judgement.verdict),
    weights,
  );
  const votes = opinions.map(({ decision }) => OUTCOME_VOTES[decision.outcome]);
  const first = opinions[0]?.judgement;
  return {
    type: 'judged',
    decision: decideVerdict(rubric, verdict, transcript, { believesPass: !injection.suspected }),
    confidence,
    model: first?.model ?? '',
    costUsd: opinions.reduce((sum, { judgement }) => sum + judgement.costUsd, 0),
    cached: opinions.every(({ judgement }) => judgement.cached),
    details: {
      characters: transcriptCharacters(transcript),
      cutShare: transcript.cutShare,
      escalation: [...reasons],
      disagreement: opinions.length > 1 ? combineVotes(votes, weights).disagreement : null,
      injectionSuspected: injection.suspected,
      injectionSigns: [...injection.signs],
      barred: [...new Set(opinions.flatMap(({ judgement }) => judgement.barred))],
      votes: opinions.map(({ judgement, draw, decision }, index) => ({
        judge: judgement.judge,
        servedModel: judgement.servedModel,
        draw,
        outcome: decision.outcome,
        value: decision.value,
        weight: weights[index] ?? 0,
      })),
    },
  };
}

function confidenceIn(
  deps: JudgeInDepthDeps,
  { rubric, transcript, inputTokens }: JudgedSubject,
  judgement: JudgedOnce,
  value: number | null,
): number | null {
  if (value === null) return null;
  const raw = { score: value, tokens: inputTokens, truncation: transcript.cutShare };
  return deps.calibrate?.(judgement.model, rubric, raw) ?? null;
}
