import { countDistinctCalls } from '../scorers/conversation/call-identity.ts';
import type { Conversation } from '../scorers/conversation/conversation.ts';
import { countWords } from './word-counts.ts';

/** What triage looks at: a conversation up to a moment, the calls of its last turn, and what the scorers found. */
export interface TriageSubject {
  readonly conversation: Conversation;
  /** Tool calls of the reply; empty where the conversation ends in a request. */
  readonly replyCalls: readonly { readonly name: string; readonly input: unknown }[];
  /** Failures that the model answers for, by how bad they are. */
  readonly checks: { readonly errors: number; readonly warnings: number };
}

/** Names of tools that only look; whatever else is called may change something. */
const READING =
  /^(get|list|find|search|check|read|fetch|show|look|view|query|count|calculate|think|describe|glob|grep|ls|cat)(?![a-z])/i;
/** Names of tools that give the task away. */
const HANDING_OVER = /transfer|escalat|hand_?off|human|supervisor/i;
/** What a result says that did not work, whether or not it is flagged as an error. */
const NEGATIVE_RESULT =
  /\berror\b|not found|invalid|fail(ed|ure)|exception|denied|cannot|no connection|unavailable|timed? ?out/i;
/** A client has few tools; names that models make up are not kept for ever. */
const KNOWN_NAMES_MAX = 5_000;
const RESULT_HEAD_CHARACTERS = 400;
/** Longer results are looked at anew each time. */
const KEPT_RESULT_CHARACTERS = 4_000;
/** Users who wrote more than this are heard for their latest words. */
const USER_TEXTS_MAX = 50;

/**
 * The numbers that describe a conversation, by name. All come from what is stored; none knows a task, a trade or a
 * model. Counts and lengths are in logarithms, because the second error says more than the twelfth.
 */
export function triageFeatures(subject: TriageSubject): Readonly<Record<TriageFeature, number>> {
  return { ...sizes(subject), ...toolUse(subject), ...outcomes(subject), ...words(subject) };
}

export type TriageFeature =
  | keyof ReturnType<typeof sizes>
  | keyof ReturnType<typeof toolUse>
  | keyof ReturnType<typeof outcomes>
  | keyof ReturnType<typeof words>;

const charactersOf = (texts: readonly { readonly text: string }[]) =>
  texts.reduce((sum, { text }) => sum + text.length, 0);

function sizes({ conversation, replyCalls }: TriageSubject) {
  const { messages, userTexts, assistantTexts, results, calls } = conversation;
  const reply = replyOf(conversation);
  return {
    turns: Math.log1p(messages.length),
    calls: Math.log1p(calls.length + replyCalls.length),
    userTurns: Math.log1p(userTexts.length),
    assistantCharacters: Math.log1p(charactersOf(assistantTexts) + (conversation.replyText ?? '').length),
    userCharacters: Math.log1p(charactersOf(userTexts)),
    resultCharacters: Math.log1p(charactersOf(results)),
    firstUserCharacters: Math.log1p((userTexts[0]?.text ?? '').length),
    lastUserCharacters: Math.log1p((userTexts.at(-1)?.text ?? '').length),
    replyCharacters: Math.log1p(reply.length),
    lastResultCharacters: Math.log1p((results.at(-1)?.text ?? '').length),
    largestResult: Math.log1p(results.reduce((most, { text }) => Math.max(most, text.length), 0)),
    callsPerUserTurn: Math.log1p((calls.length + replyCalls.length) / Math.max(1, userTexts.length)),
  };
}

function toolUse({ conversation, replyCalls }: TriageSubject) {
  const calls = [...conversation.calls, ...replyCalls];
  const distinct = countDistinctCalls(calls);
  const names = new Set<string>();
  const turns = new Set<number>();
  let [writes, inARow, handedOver] = [0, 0, 0];
  let previous: string | null = null;
  for (const { name } of calls) {
    const kind = kindOf(name);
    names.add(name);
    if (!kind.reads) writes += 1;
    if (kind.handsOver) handedOver = 1;
    if (name === previous) inARow += 1;
    previous = name;
  }
  for (const { message } of conversation.calls) turns.add(message);
  const share = (count: number) => count / Math.max(1, calls.length);
  return {
    writes: Math.log1p(writes),
    writeShare: share(writes),
    noWrite: writes === 0 ? 1 : 0,
    distinctTools: Math.log1p(names.size),
    distinctShare: share(distinct),
    repeats: Math.log1p(calls.length - distinct),
    sameToolShare: share(inARow),
    parallel: conversation.calls.length > turns.size || replyCalls.length > 1 ? 1 : 0,
    handedOver,
    endsInCall: replyCalls.length > 0 ? 1 : 0,
  };
}

const kinds = new Map<string, { readonly reads: boolean; readonly handsOver: boolean }>();

/** What a tool's name says of it. */
function kindOf(name: string): { readonly reads: boolean; readonly handsOver: boolean } {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = { reads: READING.test(name), handsOver: HANDING_OVER.test(name) };
  if (kinds.size >= KNOWN_NAMES_MAX) kinds.clear();
  kinds.set(name, kind);
  return kind;
}

/** Results whose sign is kept: every turn brings those of the turns before. */
const KNOWN_SIGNS_MAX = 5_000;
const signsOf = new Map<string, boolean>();

function isNegative(result: string): boolean {
  // What is longer would be kept in memory whole by its beginning.
  if (result.length > KEPT_RESULT_CHARACTERS) return NEGATIVE_RESULT.test(result.slice(0, RESULT_HEAD_CHARACTERS));
  const known = signsOf.get(result);
  if (known !== undefined) return known;
  const sign = NEGATIVE_RESULT.test(result.slice(0, RESULT_HEAD_CHARACTERS));
  if (signsOf.size >= KNOWN_SIGNS_MAX) signsOf.clear();
  signsOf.set(result, sign);
  return sign;
}

function outcomes({ conversation, checks }: TriageSubject) {
  const { results } = conversation;
  const last = results.at(-1);
  let negative = 0;
  for (const { text } of results) if (isNegative(text)) negative += 1;
  return {
    negativeResults: Math.log1p(negative),
    negativeResultShare: negative / Math.max(1, results.length),
    lastResultNegative: last !== undefined && isNegative(last.text) ? 1 : 0,
    lastResultContent: Math.log1p(countWords('content', last?.text ?? '')),
    lastResultTrouble: Math.log1p(countWords('trouble', last?.text ?? '')),
    checkErrors: Math.log1p(checks.errors),
    checkWarnings: Math.log1p(checks.warnings),
  };
}

function words({ conversation }: TriageSubject) {
  const users = conversation.userTexts.slice(-USER_TEXTS_MAX).map(({ text }) => text);
  const lastUser = users.at(-1) ?? '';
  const reply = replyOf(conversation);
  const mean = (counts: readonly number[]) =>
    counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  const content = users.map((text) => countWords('content', text));
  const trouble = users.map((text) => countWords('trouble', text));
  const lately = (counts: readonly number[]) => counts.slice(-2).reduce((sum, count) => sum + count, 0);
  return {
    lastUserContent: Math.log1p(content.at(-1) ?? 0),
    lastUserTrouble: Math.log1p(trouble.at(-1) ?? 0),
    lateMood: lately(content) - lately(trouble),
    userContent: mean(content),
    userTrouble: mean(trouble),
    userAsks: lastUser.includes('?') ? 1 : 0,
    replyRegret: Math.log1p(countWords('regret', reply)),
    replyDone: Math.log1p(countWords('done', reply)),
    replyAsks: reply.includes('?') ? 1 : 0,
    requests: countWords('joining', conversation.userTexts[0]?.text ?? ''),
  };
}

/** The last thing that the agent said, in the reply or before it. */
function replyOf({ replyText, assistantTexts }: Conversation): string {
  return replyText !== null && replyText !== '' ? replyText : (assistantTexts.at(-1)?.text ?? '');
}
