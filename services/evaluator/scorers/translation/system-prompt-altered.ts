import { isBillingText } from '#shared/formats/billing-block.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { isTold } from './is-told.ts';
import { upstreamContent } from './upstream-content.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** Entries of the ledger that account for text of ours in the system prompt, or for its place. */
const TOLD = /system|instruction|schema/i;

/** The texts of the client's system prompt; the line with which it marks itself is its own affair. */
function systemTexts(request: JsonRecord): readonly string[] {
  const { system } = request;
  const blocks = typeof system === 'string' ? [{ text: system }] : Array.isArray(system) ? (system as unknown[]) : [];
  return blocks
    .map((block) => (isRecord(block) ? String(block['text'] ?? '') : ''))
    .filter((text) => text.trim() !== '' && !isBillingText(text));
}

/** System messages within the conversation, which some upstreams have with the rest. */
function laterSystemTexts(subject: ScoringSubject): readonly string[] {
  return (subject.conversation?.systemTexts ?? []).filter(({ message }) => message >= 0).map(({ text }) => text);
}

interface Difference {
  readonly kind: 'text missing' | 'text added';
  readonly quote: string;
}

function compare(expected: readonly string[], allowed: readonly string[], sent: string): Difference | null {
  // Most codecs hand the texts on as they are; what is equal needs no search.
  if (sent === expected.join('\n')) return null;
  let rest = sent;
  let from = 0;
  for (const text of expected) {
    const at = sent.indexOf(text.trim(), from);
    if (at === -1) return { kind: 'text missing', quote: text.trim() };
    from = at + text.trim().length;
  }
  for (const text of [...expected, ...allowed]) rest = rest.replace(text.trim(), () => '');
  const added = rest.replace(/x-anthropic-billing-header:[^\n]*/g, '').trim();
  return added === '' ? null : { kind: 'text added', quote: added };
}

/** The ledger may account for text of ours, and for another place; that a text is nowhere it must say outright. */
function isExcused({ losses }: ScoringSubject, { kind, quote }: Difference, allText: string): boolean {
  // That the client's own mark was left out is told of every call of some clients, and explains nothing else.
  const told = losses?.filter(({ detail }) => detail !== 'client attribution block') ?? null;
  if (kind === 'text added' || allText.includes(quote)) return isTold(told, '/system', TOLD);
  const outright = told?.filter((loss) => loss.kind === 'dropped' || loss.kind === 'clamped') ?? null;
  return isTold(outright, '/system', /system prompt/i);
}

function score(subject: ScoringSubject): ScorerResult {
  const sent = upstreamContent(subject);
  if (sent === null || subject.request === null) return NOT_APPLICABLE;
  const prefix = subject.upstreamRequest?.prefix ?? null;
  const expected = [...(prefix === null ? [] : [prefix]), ...systemTexts(subject.request)];
  if (expected.length === 0 && sent.systemText.trim() === '') return NOT_APPLICABLE;
  const difference = compare(expected, laterSystemTexts(subject), sent.systemText);
  if (difference === null || isExcused(subject, difference, sent.allText)) return PASSED;
  return {
    outcome: 'fail',
    owner: 'gateway',
    severity: 'fatal',
    evidence: [{ pointer: '/system', quote: difference.quote.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: `system prompt and prefix -> ${difference.kind}`,
    detail: `the system prompt that was sent is not the client's behind its prefix: ${difference.kind}`,
  };
}

export const systemPromptAltered: Scorer = {
  id: 'system_prompt_altered',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'fatal',
  definition: "The system prompt that was sent is the client's, led by the recorded prefix, and nothing else.",
  score,
};
