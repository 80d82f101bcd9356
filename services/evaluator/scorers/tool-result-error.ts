import { classifyToolResult } from './classify-tool-result.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';
import type { ToolResult } from './tool-results.ts';

const QUOTE_CHARACTERS_MAX = 200;

function firstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.trim().slice(0, QUOTE_CHARACTERS_MAX);
}

function failure(result: ToolResult, kind: 'invalid_parameter' | 'environment'): ScorerResult {
  const byModel = kind === 'invalid_parameter';
  return {
    outcome: 'fail',
    owner: byModel ? 'provider' : 'tool',
    severity: byModel ? 'error' : 'warning',
    evidence: [{ pointer: `/nextRequest${result.pointer}`, quote: result.text.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: byModel ? 'tool result ok -> invalid parameter' : 'tool result ok -> environment error',
    detail: firstLine(result.text) || 'a tool reported an error without a message',
  };
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  if (subject.followingResults === null) return unknown('no request followed that would show the tool results');
  const results = calls.map((call) => subject.followingResults?.get(call.id));
  const known = results.filter((result) => result !== undefined);
  const ofKind = (kind: string) => known.find((result) => classifyToolResult(result) === kind);
  const invalid = ofKind('invalid_parameter');
  if (invalid !== undefined) return failure(invalid, 'invalid_parameter');
  const environment = ofKind('environment');
  if (environment !== undefined) return failure(environment, 'environment');
  if (known.length < calls.length) return unknown('the next request has no result for a tool call');
  return ofKind('declined') === undefined ? PASSED : unknown('a person declined the tool call');
}

export const toolResultError: Scorer = {
  id: 'tool_result_error',
  version: '1',
  metric: 'toolUse',
  pass: 'outcome',
  owner: 'provider',
  severity: 'error',
  definition: 'The tool results in the next request show that the tools accepted the calls and did their work.',
  score,
};
