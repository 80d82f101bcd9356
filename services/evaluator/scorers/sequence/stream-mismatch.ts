import { argumentsIdentity } from '../conversation/call-identity.ts';
import { textOfContent } from '../conversation/conversation.ts';
import { isRecord, parseJson } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { findStreamFault, isEventStream } from './stream-structure.ts';

/** Blanks at the seams of blocks are nobody's words. */
function bareText(text: string): string {
  return text.replace(/\s+/g, '');
}

/** Texts that a translation takes apart on purpose: thoughts between tags, and calls written as text. */
const TAKEN_APART = /<\/?think|<tool_call|<\|/;

/** What was delivered otherwise than the stream says, or null. */
function findDifference(subject: ScoringSubject): string | null {
  const { raw, delivered, response } = subject;
  if (raw === null || delivered === null || response === null) return null;
  if (!TAKEN_APART.test(raw.text) && bareText(raw.text) !== bareText(textOfContent(response['content']))) return 'text';
  // Calls that are missing altogether are another check's.
  if (raw.toolCalls.length !== delivered.toolCalls.length) return null;
  for (const [index, sent] of raw.toolCalls.entries()) {
    const input = parseJson(sent.argumentsText === '' ? '{}' : sent.argumentsText);
    const got = delivered.toolCalls[index]?.given;
    if (isRecord(input) && argumentsIdentity(input) !== argumentsIdentity(got)) return 'arguments';
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  const { upstreamRaw, delivered, status } = subject;
  if (upstreamRaw === null || delivered === null || !isEventStream(upstreamRaw)) return NOT_APPLICABLE;
  if (status !== 'ok') return unknown('a stream that was broken off has no end to hold it to');
  const fault = findStreamFault(upstreamRaw);
  if (fault !== null) {
    return failed(
      { owner: 'provider', severity: 'fatal' },
      {
        expectedVsActual: `stream in order -> ${fault}`,
        detail: `the upstream's stream breaks its own order: ${fault}`,
      },
      [quoted('/upstreamRaw', '')],
    );
  }
  // A stream of a wire that nobody here reads has nothing to be held to.
  if (subject.raw === null) return NOT_APPLICABLE;
  const difference = findDifference(subject);
  if (difference === null) return PASSED;
  return failed(
    { owner: 'gateway', severity: 'fatal' },
    {
      expectedVsActual: `${difference} of the stream -> other ${difference}`,
      detail: `the ${difference} that the pieces of the stream make up was not delivered as such`,
    },
    [quoted('/upstreamRaw', ''), quoted('/response/content', '')],
  );
}

export const streamMismatch: Scorer = {
  id: 'stream_mismatch',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'fatal',
  definition: 'A stream keeps its order of events, and what was delivered is what its pieces make up.',
  score,
};
