import { storableText } from '#shared/database/columns.ts';
import { storePrefix } from '#shared/database/policy-store.ts';
import type { Replay } from '#shared/database/replay-store.ts';
import { replayJobId } from '#shared/queue/names.ts';
import type { Prompt } from '../contract/prompt.ts';
import type { Evaluation, EvaluationReply, Evaluator } from '../contract/search-ports.ts';
import type { RowFacts } from '../replay/row-facts.ts';
import { scoreReplay } from '../replay/score-replay.ts';
import { prefixText, type SearchRow } from './build-task.ts';
import type { ReplayDesk, ReplayDeskDeps } from './replay-desk.ts';
import type { RunSettings } from './run-settings.ts';

export interface ReplayedRun {
  readonly projectId: string;
  readonly promptRunId: string;
  readonly seedPrefixId: string | null;
  readonly clusterId: string | null;
  readonly settings: RunSettings;
}

export interface ReplayEvaluator extends Evaluator {
  /** The finished replay of a row, for looks beside the search; null when it cannot be paid for. */
  replay(evaluation: Evaluation): Promise<Replay | null>;
}

const MILLION = 1_000_000;
/** Of its text in characters, when it is not counted; English has more than four to a token. */
const CHARACTERS_PER_TOKEN = 3;
/** Providers count input a little differently from one call to the next. */
const INPUT_MARGIN = 1.1;
/** The judge, a second opinion of another one, and a repair each. */
const JUDGE_CALLS_MOST = 4;

/**
 * Money is counted in this unit, a power of two, rounded up: sums of such numbers are exact, so that they are the same
 * in whatever order replays come back.
 */
export const MONEY_UNIT_USD = 2 ** -30;

/** Scores candidates by replay: the stored call is sent again with the candidate, by whichever evaluator is free. */
export function createReplayEvaluator(
  deps: Pick<ReplayDeskDeps, 'database'> & { readonly desk: ReplayDesk },
  run: ReplayedRun,
  rows: readonly SearchRow[],
): ReplayEvaluator {
  const { settings } = run;
  const byId = new Map(rows.map((row) => [row.callId, row]));
  const prefixIds = new Map<string, Promise<string | null>>();
  const judgeVersion = settings.rubric === null ? settings.scorerSet : `${settings.scorerSet}+${settings.rubric}`;

  const prefixIdOf = (prompt: Prompt): Promise<string | null> => {
    const text = prefixText(prompt);
    const known = prefixIds.get(text) ?? storeCandidate(deps, run, text);
    prefixIds.set(text, known);
    return known;
  };

  const mostUsd = ({ prompt, rowId }: Evaluation) =>
    asMoney(mostOf(settings, rowOf(byId, rowId).facts, prefixText(prompt)) + judgeMostOf(settings));

  async function replay(evaluation: Evaluation): Promise<Replay | null> {
    const { prompt, rowId, sample } = evaluation;
    const row = rowOf(byId, rowId);
    const prefixId = await prefixIdOf(prompt);
    const target = settings.cell.model;
    const key = { transcriptHead: row.transcriptHead, target, scorerSet: judgeVersion, sample };
    return await deps.desk.replay({
      replayId: replayJobId({ ...key, prefixId: prefixId ?? 'none' }),
      projectId: run.projectId,
      promptRunId: run.promptRunId,
      callId: row.callId,
      model: target,
      prefixId,
      ...{ scorerSet: settings.scorerSet, sample, rubric: settings.rubric },
      mostUsd: mostUsd(evaluation),
    });
  }

  return {
    model: settings.cell.model,
    judgeVersion,
    replay,
    most: (evaluation) => ({
      judgeCalls: settings.rubric === null ? 0 : JUDGE_CALLS_MOST,
      costUsd: mostUsd(evaluation),
    }),
    async evaluate(evaluation) {
      const done = await replay(evaluation);
      if (done === null) {
        return { status: 'error', message: 'the budget is spent', retryable: false, judgeCalls: 0, costUsd: 0 };
      }
      const costUsd = Math.min(paidFor(done, run.promptRunId), mostUsd(evaluation));
      return replyOf(done, rowOf(byId, evaluation.rowId), costUsd);
    },
  };
}

/** USD that a replay cost a search: what another one has paid for is free. */
export function paidFor(done: Replay, promptRunId: string): number {
  return done.promptRunId === promptRunId ? asMoney(done.costUsd) : 0;
}

/** Of a replay that could not be done there is no score: an error is no zero. */
function replyOf(done: Replay, row: SearchRow, costUsd: number): EvaluationReply {
  const judgeCalls = (done.result?.judgeCostUsd ?? 0) > 0 ? 1 : 0;
  const paid = { judgeCalls, costUsd };
  if (done.status !== 'done' || done.result === null) {
    const message = storableText(done.result?.error ?? 'the replay was not done');
    // The job was tried again as often as it may be.
    return { status: 'error', message, retryable: false, ...paid };
  }
  const { score, output, reason, failed } = scoreReplay(done.result, row.facts);
  return { status: 'scored', score, output: storableText(output), reason: storableText(reason), failed, ...paid };
}

async function storeCandidate(
  deps: Pick<ReplayDeskDeps, 'database'>,
  run: ReplayedRun,
  text: string,
): Promise<string | null> {
  if (text === '') return null;
  const { projectId, clusterId, seedPrefixId: parentId, settings } = run;
  return await storePrefix(deps.database, { projectId, body: text, parentId, clusterId, author: settings.author });
}

function rowOf(rows: ReadonlyMap<string, SearchRow>, rowId: string): SearchRow {
  const row = rows.get(rowId);
  if (row === undefined) throw new RangeError(`no row ${rowId}`);
  return row;
}

/** USD of one replay at the most. */
export function mostOf({ price }: Pick<RunSettings, 'price'>, facts: RowFacts, text: string): number {
  const stored = (facts.inputTokens + facts.cacheReadInputTokens) * INPUT_MARGIN;
  const input = stored + text.length / CHARACTERS_PER_TOKEN;
  const dearest = Math.max(price.input, price.cacheWrite, price.cacheRead);
  return (input * dearest + facts.outputTokensMax * price.output) / MILLION;
}

function judgeMostOf(settings: RunSettings): number {
  return settings.rubric === null ? 0 : settings.judgeMostUsd;
}

export function asMoney(usd: number): number {
  return Math.ceil(usd / MONEY_UNIT_USD - 1e-6) * MONEY_UNIT_USD;
}
