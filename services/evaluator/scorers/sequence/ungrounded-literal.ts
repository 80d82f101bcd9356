import { blockFacts } from '../conversation/block-facts.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { isGrounded, isQuoted } from '../conversation/is-grounded.ts';
import { type Literal, literalsOf } from '../conversation/literals.ts';
import { isRecord } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { DeliveredToolCall, ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

/** Tools whose arguments are of the model's own making: sums, thoughts, code, and texts that it writes. */
const OWN_MAKING = new Set(
  'calculate calculator calc think python execute run bash shell exec write edit create patch todo plan note notes message'.split(
    ' ',
  ),
);

function makesItsOwn(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/);
  // Who gets a plan or a message asks for one that is there.
  return words.some((word) => OWN_MAKING.has(word)) && !/^(?:get|read|find|fetch|list|view|show|search)/i.test(name);
}

/** Numbers of a conversation with which sums are tried. */
const TERMS_MAX = 60;
/** Above it a number is a record's, and not an amount. */
const AMOUNT_MAX = 1_000_000;

/** Everything that the model could have a literal from, nearest first. */
interface TextsBefore {
  /** The texts among the arguments of earlier calls: most literals are in the call before. */
  inputs(): readonly string[];
  /** What was said and read. */
  readonly near: readonly string[];
  /** What has to be written out to be looked into, and what is long and seldom the source. */
  far(): readonly string[];
}

function textsBefore(subject: ScoringSubject, conversation: Conversation): TextsBefore {
  const near = [
    ...conversation.results.map(({ text }) => text).reverse(),
    ...conversation.userTexts.map(({ text }) => text).reverse(),
    ...conversation.assistantTexts.map(({ text }) => text).reverse(),
  ];
  let far: readonly string[] | null = null;
  let inputs: readonly string[] | null = null;
  return {
    inputs() {
      inputs ??= conversation.calls
        .flatMap(({ input }) => (isRecord(input) ? Object.values(input) : []))
        .filter((value) => typeof value === 'string')
        .reverse();
      return inputs;
    },
    near,
    far() {
      const earlier = () => conversation.calls.map(({ input }) => (input === undefined ? '' : JSON.stringify(input)));
      far ??= [
        ...earlier().reverse(),
        ...conversation.systemTexts.map(({ text }) => text),
        ...subject.part(readCatalogueText),
      ];
      return far;
    },
  };
}

/** Enumerations and examples in the schemas of tools are told, too. */
function readCatalogueText({ request }: ScoringSubject): readonly string[] {
  return Array.isArray(request?.['tools']) ? [JSON.stringify(request['tools'])] : [];
}

/** Whether a number is what others of the conversation make together, or a part of them. */
function isDerived(literal: Literal, texts: readonly string[]): boolean {
  if (literal.kind !== 'number') return false;
  const wanted = Math.abs(Number(literal.value.replaceAll(',', '')));
  if (wanted >= AMOUNT_MAX) return false;
  const terms = [...new Set(texts.slice(0, 12).flatMap((text) => [...blockFacts(text).numbers].map(Number)))]
    .filter((term) => Number.isFinite(term) && term > 0)
    .slice(0, TERMS_MAX);
  const isWanted = (value: number) => Math.abs(value - wanted) < 0.005;
  return terms.some((left) =>
    terms.some(
      (right) =>
        isWanted(left + right) ||
        isWanted(left - right) ||
        isWanted(left * right) ||
        (right > 1 && isWanted(left / right)),
    ),
  );
}

function findUngrounded(call: DeliveredToolCall, texts: TextsBefore): Literal | null {
  const found = literalsOf(call.input).find(
    (literal) =>
      !isQuoted(literal, texts.inputs()) &&
      !isQuoted(literal, texts.near) &&
      !isGrounded(literal, texts.near) &&
      !isGrounded(literal, texts.far()) &&
      !isDerived(literal, texts.near),
  );
  return found ?? null;
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = (subject.delivered?.toolCalls ?? []).filter(({ input, name }) => input !== null && !makesItsOwn(name));
  if (!calls.some((call) => literalsOf(call.input).length > 0)) return NOT_APPLICABLE;
  const { conversation } = subject;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const texts = textsBefore(subject, conversation);
  for (const call of calls) {
    const literal = findUngrounded(call, texts);
    if (literal === null) continue;
    return failed(
      { owner: 'provider', severity: 'warning' },
      {
        expectedVsActual: `${literal.kind} from the conversation -> from nowhere`,
        detail: `a call is made with a ${literal.kind} that the conversation does not have`,
      },
      [quoted(`${call.pointer}/input${literal.pointer}`, literal.value)],
    );
  }
  return PASSED;
}

export const ungroundedLiteral: Scorer = {
  id: 'ungrounded_literal',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition:
    'Ids, paths, addresses, dates and numbers in the arguments occur in the conversation before, or follow from it.',
  score,
};
