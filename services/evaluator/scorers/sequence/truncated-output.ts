import { textOfContent } from '../conversation/conversation.ts';
import { isRecord, parseJson } from '../json.ts';
import { malformedKind } from '../malformed-arguments.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

/** Who asks for fewer tokens than this asks for no answer: it counts, or looks whether the model is there. */
const ANSWER_TOKENS_MIN = 16;
const TAIL_CHARACTERS = 120;
/** Words that no sentence ends with. */
const DANGLING =
  /(?:^|[\s(])(?:the|an|and|or|but|of|to|for|with|from|into|because|which|your|our|their|its|is|are|was|were|be|will|would|should|could|can|we|they|he|she|if|than|as|at|by|i|i'll|i've)$/i;

/** Whether a code fence is open at the end, by the rules of CommonMark; a bare last fence closes. */
function hasOpenFence(text: string): boolean {
  let open: string | null = null;
  const lines = text.trimEnd().split('\n');
  for (const [index, line] of lines.entries()) {
    const fence = /^\s{0,3}(`{3,}|~{3,})\s*([^`]*)$/.exec(line);
    if (fence === null) continue;
    const [, mark = '', info = ''] = fence;
    if (open === null) open = index === lines.length - 1 && info === '' && index > 0 ? null : mark;
    else if (info.trim() === '' && mark.startsWith(open)) open = null;
  }
  return open !== null;
}

/** How a text breaks off, or null. */
function brokenOff(text: string): string | null {
  const trimmed = text.trim();
  if (hasOpenFence(trimmed)) return 'open code fence';
  // A text with its bracket closed is whole, if badly written.
  const opensJson = /^[[{]\s*["{[]/.test(trimmed) && !/[}\]]$/.test(trimmed);
  if (opensJson && parseJson(trimmed) === undefined && malformedKind(trimmed) === 'truncated json') return 'open json';
  const tail = trimmed.slice(-TAIL_CHARACTERS);
  return /[a-z],$/i.test(tail) || /[([{]$/.test(tail) || DANGLING.test(tail) ? 'open sentence' : null;
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, response, request, status } = subject;
  if (delivered === null || response === null || status === 'upstream_error') return NOT_APPLICABLE;
  if (status !== 'ok') return unknown('a message that was cut on its way says nothing of where it would have ended');
  const limit = request?.['max_tokens'];
  if (typeof limit === 'number' && limit < ANSWER_TOKENS_MIN) return NOT_APPLICABLE;
  const { stopReason, toolCalls } = delivered;
  const content = Array.isArray(response['content']) ? (response['content'] as unknown[]) : [];
  if (stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded') {
    const last = content.at(-1);
    const inCall = isRecord(last) && last['type'] === 'tool_use';
    return failed(
      { owner: 'provider', severity: inCall ? 'fatal' : 'error' },
      {
        expectedVsActual: inCall ? 'whole call -> cut inside a call' : 'whole answer -> cut by the token limit',
        detail: inCall ? 'the token limit cut a tool call off' : 'the token limit cut the answer off',
      },
      [quoted('/response/stop_reason', stopReason)],
    );
  }
  const text = textOfContent(response['content']);
  if (text.trim() === '') return NOT_APPLICABLE;
  const kind =
    toolCalls.length > 0 || stopReason === 'stop_sequence' || stopReason === 'refusal' ? null : brokenOff(text);
  if (kind === null) return PASSED;
  return failed(
    { owner: 'provider', severity: kind === 'open sentence' ? 'warning' : 'error' },
    {
      expectedVsActual: `whole answer -> ${kind}`,
      detail: `the answer breaks off with an ${kind} and says that it ended`,
    },
    [quoted('/response/content', text.trim().slice(-TAIL_CHARACTERS))],
  );
}

export const truncatedOutput: Scorer = {
  id: 'truncated_output',
  version: '1',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'The answer is whole: no token limit cut it, and no code fence, JSON or sentence is open at its end.',
  score,
};
