import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 80;
/** What Anthropic's clients and servers take; OpenAI's take any text, and look for an id in the turn before alone. */
const PLAIN_ID = /^[A-Za-z0-9_-]+$/;

function earlierIds({ conversation }: ScoringSubject): ReadonlySet<string> {
  return new Set(conversation?.calls.map(({ id }) => id));
}

function findFault(
  subject: ScoringSubject,
): { readonly pointer: string; readonly id: string; readonly kind: string } | null {
  const seen = new Set<string>();
  const takesAnyId = subject.call.clientFormat?.startsWith('openai-') === true;
  for (const { pointer, id } of subject.delivered?.toolCalls ?? []) {
    if (id === '') return { pointer, id, kind: 'no id' };
    if (seen.has(id)) return { pointer, id, kind: 'an id twice in one message' };
    if (!takesAnyId && subject.part(earlierIds).has(id)) return { pointer, id, kind: 'an id of an earlier call' };
    if (!takesAnyId && !PLAIN_ID.test(id)) return { pointer, id, kind: 'an id with other characters' };
    seen.add(id);
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  if ((subject.delivered?.toolCalls.length ?? 0) === 0) return NOT_APPLICABLE;
  const fault = findFault(subject);
  if (fault === null) return PASSED;
  return {
    outcome: 'fail',
    // Upstreams without usable ids there are many; to give the client such ones is the gateway's duty.
    owner: 'gateway',
    severity: 'fatal',
    evidence: [{ pointer: `${fault.pointer}/id`, quote: fault.id.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: `an id of its own -> ${fault.kind}`,
    detail: `a tool call has ${fault.kind}, so that its result cannot be told from others`,
  };
}

export const idMissingOrDuplicate: Scorer = {
  id: 'id_missing_or_duplicate',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'gateway',
  severity: 'fatal',
  definition:
    'Every tool call has an id of its own; for Anthropic clients one of letters, digits, _ and -, which no earlier call has.',
  score,
};
