import { blockFacts } from '../conversation/block-facts.ts';
import type { Conversation, ConversationResult } from '../conversation/conversation.ts';
import { isReadCall } from '../conversation/is-read-call.ts';
import { normaliseNumber } from '../conversation/numbers.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { type ToldField, toldFields } from './told-fields.ts';

/** Ids of records: letters and digits together, or many digits. */
const ID_TOKEN = /(?<![A-Za-z0-9_#-])#?(?=[A-Za-z_-]*\d)[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*(?![A-Za-z0-9_])/g;
const ID_CHARACTERS_MIN = 6;
const DIGITS_IN_ID_MIN = 2;
/** Characters in which an id may differ and still be meant. */
const SLIPS_MAX = 2;
const READ_CHARACTERS_MAX = 100_000;
/** What may stand between the name of a field and its value. */
const BETWEEN = '(?: (?:is|was|of|are|number|amount|id))?[\\s:*_`"\'(]{0,8}[$€£]?';
const STATES = new Set(
  'pending processed delivered cancelled canceled active inactive suspended shipped completed failed approved denied open closed paid unpaid overdue available unavailable confirmed expired enabled disabled'.split(
    ' ',
  ),
);

interface Contradiction {
  readonly kind: 'id' | 'number' | 'status';
  readonly said: string;
  readonly told: string;
  readonly result: ConversationResult;
}

function isIdToken(token: string): boolean {
  const digits = token.replace(/\D/g, '').length;
  if (token.length < ID_CHARACTERS_MIN || digits < DIGITS_IN_ID_MIN) return false;
  return /[A-Za-z]/.test(token)
    ? !/^\d+(?:st|nd|rd|th|am|pm|gb|mb|kg|days?|hours?|[a-z]{1,3})$/i.test(token)
    : digits >= 6;
}

function idTokensOf(text: string): readonly string[] {
  return [...new Set(text.slice(0, READ_CHARACTERS_MAX).match(ID_TOKEN) ?? [])].filter(isIdToken);
}

/** The same id but for a slip: as long, of the same shape, and equal in all but one or two places. */
function isSlipOf(said: string, told: string): boolean {
  if (said.length !== told.length) return false;
  let slips = 0;
  for (let at = 0; at < said.length; at += 1) {
    if (said.charAt(at).toLowerCase() === told.charAt(at).toLowerCase()) continue;
    slips += 1;
    if (slips > SLIPS_MAX || /\d/.test(said.charAt(at)) !== /\d/.test(told.charAt(at))) return false;
  }
  return slips > 0 && slips * 3 <= said.length;
}

/** An id in the answer that nobody has told, beside one that a result has told and that differs by a slip. */
function findIdSlip(
  reply: string,
  conversation: Conversation,
  isKnown: (text: string) => boolean,
): Contradiction | null {
  const said = idTokensOf(reply).filter((token) => !isKnown(token.toLowerCase()));
  if (said.length === 0) return null;
  for (const result of conversation.results) {
    const told = idTokensOf(result.text);
    for (const token of said) {
      const meant = told.find((candidate) => isSlipOf(token, candidate));
      // Where the told one stands beside it, both were meant.
      if (meant !== undefined && !reply.includes(meant)) return { kind: 'id', said: token, told: meant, result };
    }
  }
  return null;
}

function labelled(field: ToldField, value: string): RegExp {
  const name = field.words.map((word) => word.replace(/[^a-z0-9]/g, '')).join('[\\s_-]+');
  return new RegExp(`\\b${name}${BETWEEN}${value}`, 'gi');
}

/** A number under the name of a field for which one other number was told. */
function findNumber(
  reply: string,
  fields: readonly ToldField[],
  isKnownNumber: (text: string) => boolean,
): Contradiction | null {
  for (const field of fields) {
    if (typeof field.value !== 'number' || field.words.join('').length < 4) continue;
    for (const match of reply.matchAll(labelled(field, '(\\d[\\d,]*(?:\\.\\d+)?)(?![\\d-]|[ ]?%)'))) {
      const said = match[1] ?? '';
      const number = normaliseNumber(said);
      const told = normaliseNumber(String(field.value));
      const isRounded = Math.abs(Number(number) - Math.abs(field.value)) <= 0.5 && !Number.isInteger(field.value);
      if (number === told || isRounded || number.replace('.', '').length < 2 || isKnownNumber(said)) continue;
      if (new RegExp(`(?<!\\d)${told.replace('.', '\\.')}(?!\\d)`).test(reply.replaceAll(',', ''))) continue;
      return { kind: 'number', said, told: String(field.value), result: field.result };
    }
  }
  return null;
}

/** A state under the name of a field for which one other state was told, with nothing done since that could change it. */
function findState(reply: string, fields: readonly ToldField[], conversation: Conversation): Contradiction | null {
  for (const field of fields) {
    const told = String(field.value).toLowerCase();
    if (!field.words.includes('status') || !STATES.has(told) || reply.toLowerCase().includes(told)) continue;
    if (conversation.calls.some((call) => call.message > field.result.message && !isReadCall(call))) continue;
    for (const match of reply.matchAll(labelled(field, '(?:currently |now |still )?\\*{0,2}"?([a-z]+)'))) {
      const said = (match[1] ?? '').toLowerCase();
      if (STATES.has(said) && said !== told) return { kind: 'status', said, told, result: field.result };
    }
  }
  return null;
}

function findContradiction(subject: ScoringSubject, conversation: Conversation): Contradiction | null {
  const reply = conversation.replyText ?? '';
  const inputs = conversation.calls.map(({ input }) => JSON.stringify(input ?? null));
  const passages = [
    conversation.userTexts,
    conversation.assistantTexts,
    conversation.systemTexts,
    conversation.results,
  ];
  const texts = [...passages.flat().map(({ text }) => text), ...inputs];
  const isKnown = (token: string) => texts.some((text) => blockFacts(text).lower.includes(token));
  const slip = findIdSlip(reply, conversation, isKnown);
  if (slip !== null) return slip;
  if (!/\d|status/i.test(reply)) return null;
  const isKnownNumber = (said: string) => texts.some((text) => blockFacts(text).numbers.has(normaliseNumber(said)));
  const fields = subject.part(readToldFields);
  return findNumber(reply, fields, isKnownNumber) ?? findState(reply, fields, conversation);
}

function readToldFields({ conversation }: ScoringSubject): readonly ToldField[] {
  return conversation === null ? [] : toldFields(conversation);
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation } = subject;
  if (delivered === null || delivered.toolCalls.length > 0) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  if ((conversation.replyText ?? '') === '' || conversation.results.length === 0) return NOT_APPLICABLE;
  const found = findContradiction(subject, conversation);
  if (found === null) return PASSED;
  return failed(
    { owner: 'provider', severity: 'error' },
    {
      expectedVsActual: `${found.kind} of the result -> another ${found.kind}`,
      detail: `the answer gives another ${found.kind} than the one result that has it`,
    },
    [quoted('/response/content', found.said), quoted(found.result.pointer, found.told)],
  );
}

export const resultContradicted: Scorer = {
  id: 'result_contradicted',
  version: '1',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'Ids, numbers and states in the answer do not conflict with the one result of a tool that has them.',
  score,
};
