import { encodeToolName } from '#shared/formats/tool-name.ts';
import { isRecord } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';
import { readUpstreamChoice, type UpstreamChoice } from './upstream-choice.ts';

/** Reasons to stop before anything could be called. */
const CUT_REASONS: ReadonlySet<string | null> = new Set([
  'max_tokens',
  'refusal',
  'model_context_window_exceeded',
  'pause_turn',
]);

type Choice = { readonly type: 'any' | 'none' } | { readonly type: 'tool'; readonly name: string };

function readChoice(subject: ScoringSubject): Choice | null {
  const choice = subject.request?.['tool_choice'];
  if (!isRecord(choice)) return null;
  if (choice['type'] === 'any' || choice['type'] === 'none') return { type: choice['type'] };
  return choice['type'] === 'tool' ? { type: 'tool', name: String(choice['name'] ?? '') } : null;
}

/** What is wrong with the called names, or null when they are what the request asked for. */
function findBreach(choice: Choice, names: readonly string[]): string | null {
  if (choice.type === 'none') return names.length === 0 ? null : 'calls none -> a call';
  if (names.length === 0) return `calls ${choice.type === 'any' ? 'any tool' : 'the named tool'} -> no call`;
  if (choice.type !== 'tool') return null;
  const isNamed = (name: string) => name === choice.name || name === encodeToolName(choice.name);
  return names.every(isNamed) ? null : 'calls the named tool -> another tool';
}

function isHandedOn(choice: Choice, told: UpstreamChoice | null): boolean {
  return told === null || (choice.type === 'none' ? told.forbids : told.forces) !== false;
}

function score(subject: ScoringSubject): ScorerResult {
  const choice = readChoice(subject);
  const { delivered } = subject;
  if (choice === null || delivered === null || subject.status === 'upstream_error') return NOT_APPLICABLE;
  const breach = findBreach(
    choice,
    delivered.toolCalls.map(({ name }) => name),
  );
  if (breach === null) return PASSED;
  if (delivered.toolCalls.length === 0) {
    if (CUT_REASONS.has(delivered.stopReason)) return NOT_APPLICABLE;
    if (subject.status !== 'ok') return unknown('the reply was cut before a call could come');
  }
  const told = subject.part(readUpstreamChoice);
  const rawNames = subject.raw?.toolCalls.map(({ name }) => name);
  const isRightUpstream = rawNames !== undefined && findBreach(choice, rawNames) === null;
  return {
    outcome: 'fail',
    // Nobody can keep a rule that was not handed on.
    owner: isRightUpstream || !isHandedOn(choice, told) ? 'gateway' : 'provider',
    severity: 'error',
    evidence: [
      { pointer: '/request/tool_choice' },
      { pointer: delivered.toolCalls[0]?.pointer ?? '/response/content' },
    ],
    expectedVsActual: breach,
    detail: 'a message does not call what the request says that it must',
  };
}

export const toolChoiceViolated: Scorer = {
  id: 'tool_choice_violated',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'Where the request forces a tool, any tool or none, the message calls that tool, any or none.',
  score,
};
