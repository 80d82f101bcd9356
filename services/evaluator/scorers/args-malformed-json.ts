import { splitConcatenatedObjects } from './concatenated-objects.ts';
import { malformedKind } from './malformed-arguments.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;

interface Arguments {
  readonly pointer: string;
  /** Null where they were parsed on the way. */
  readonly text: string | null;
}

interface Finding {
  readonly pointer: string;
  readonly text: string;
  readonly kind: string;
}

/** Several calls merged into one are `parallel_collapsed`: one defect is one failing check. */
function isOneCall({ text }: Arguments): boolean {
  return text === null || splitConcatenatedObjects(text) === null;
}

function findMalformed(calls: readonly Arguments[]): Finding | null {
  for (const { pointer, text } of calls) {
    const kind = text === null ? null : malformedKind(text);
    if (text !== null && kind !== null) return { pointer, text, kind };
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = (subject.delivered?.toolCalls ?? [])
    .map(({ pointer, unparsedArguments: text }) => ({ pointer, text }))
    .filter(isOneCall);
  const rawCalls = (subject.raw?.toolCalls ?? [])
    .map(({ argumentsText, parsed }) => ({
      pointer: '/upstreamRaw',
      text: parsed === undefined ? argumentsText : null,
    }))
    .filter(isOneCall);
  if (calls.length === 0 && rawCalls.length === 0) return NOT_APPLICABLE;
  const delivered = findMalformed(calls);
  const raw = findMalformed(rawCalls);
  const finding = delivered ?? raw;
  if (finding === null) return PASSED;
  if (subject.status === 'client_cancelled' && finding.kind === 'truncated json') {
    return unknown('the client went away before the arguments were complete');
  }
  return {
    outcome: 'fail',
    owner: subject.raw !== null && raw === null ? 'gateway' : 'provider',
    // Arguments that were mended on the way reached the client whole.
    severity: delivered === null ? 'warning' : 'fatal',
    evidence: [{ pointer: finding.pointer, quote: finding.text.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: `arguments json -> ${finding.kind}`,
    detail: `the arguments of a tool call are no JSON: ${finding.kind}`,
  };
}

export const argsMalformedJson: Scorer = {
  id: 'args_malformed_json',
  version: '2',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'fatal',
  definition: 'The arguments of every single tool call parse as JSON, both as the upstream sent them and as delivered.',
  score,
};
