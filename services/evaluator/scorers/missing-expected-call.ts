import { isRecord, parseJson } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { CatalogueTool, ScoringSubject } from './scoring-subject.ts';
import { fencedBlocks, withoutCode } from './spoken-text.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** Where an announcement would stand; what is said before is told about, not announced. */
const TAIL_CHARACTERS = 400;

const START = String.raw`(?:okay|ok|sure|great|alright|perfect|now|first|next|then|so|also|of course|certainly|understood|thanks?(?: you)?)?[,.!:]?\s*(?:first|now|next|then|so)?,?\s*`;
const WILL = `(?:let me|i'll|i will|i'm going to|i am going to|i'm now going to|let's|i need to|i should|i'm)`;
const HOW = String.raw`(?:\s+(?:now|first|next|also|just|quickly|go ahead and|try to|start by|begin by|proceed to|continue to|use the \S{1,60} (?:tool|function|command) to))*`;
const DO = `(?:run|execut|call|us|invok|check|look|read|search|open|edit|updat|creat|writ|fix|add|inspect|examin|explor|find|grep|list|fetch|get|retriev|load|view|implement|apply|modif|verif|test|analyz|analys|start|install|build|review|calculat|comput|query)(?:e|es|ing|ting|ning|y|ies)?`;
/** The last sentence says what is done next. A colon leads to what never came. */
const ANNOUNCEMENT = new RegExp(`^${START}${WILL}${HOW}\\s+${DO}\\b[^?]{0,240}(?:[:…]|\\.\\.\\.)\\s*$`, 'i');
const NAMES_TOOL = (name: string) =>
  new RegExp(
    `^${START}${WILL}${HOW}\\s+(?:call|us|run|invok|execut)(?:e|ing)?\\b[^?.]{0,80}\\b${escapePattern(name)}\\b`,
    'i',
  );
/** What waits for somebody, or only speaks of what could be done. */
const WAITING =
  /\b(?:if you|once you|when you|after you|before i|would you|could you|please|let me know|you can|until|unless|shall i|here(?:'s| is| are)|the following|as follows|below)\b/i;

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A call written out as JSON instead of being made. */
function writtenCall(text: string, catalogue: ReadonlyMap<string, CatalogueTool>): string | null {
  for (const block of [...fencedBlocks(text), text]) {
    const trimmed = block.trim();
    if (!/^[[{]/.test(trimmed)) continue;
    const value = parseJson(trimmed);
    for (const entry of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (!isRecord(entry)) continue;
      const called = isRecord(entry['function']) ? entry['function'] : entry;
      const name = called['name'] ?? entry['tool'] ?? entry['tool_name'];
      const hasArguments = ['arguments', 'parameters', 'input', 'args', 'tool_input'].some(
        (key) => called[key] !== undefined,
      );
      if (typeof name === 'string' && catalogue.has(name) && hasArguments) return trimmed;
    }
  }
  return null;
}

function announcement(text: string, catalogue: ReadonlyMap<string, CatalogueTool>): string | null {
  const spoken = withoutCode(text).trimEnd().slice(-TAIL_CHARACTERS);
  const last =
    spoken
      .split(/(?<=[.!?])\s+|\n+/)
      .findLast((sentence) => sentence.trim() !== '')
      ?.trim()
      .replace(/’/g, "'") ?? '';
  if (last === '' || WAITING.test(last)) return null;
  if (ANNOUNCEMENT.test(last)) return last;
  return [...catalogue.keys()].some((name) => name.length > 3 && last.includes(name) && NAMES_TOOL(name).test(last))
    ? last
    : null;
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, catalogue, status } = subject;
  if (delivered === null || delivered.toolCalls.length > 0 || status !== 'ok') return NOT_APPLICABLE;
  const choice = subject.request?.['tool_choice'];
  if (catalogue === null || catalogue.size === 0 || (isRecord(choice) && choice['type'] === 'none'))
    return NOT_APPLICABLE;
  if (delivered.stopReason !== 'end_turn' && delivered.stopReason !== 'stop_sequence') return NOT_APPLICABLE;
  const text = subject.conversation?.replyText ?? '';
  if (text.trim() === '') return NOT_APPLICABLE;
  const written = writtenCall(text, catalogue);
  const found = written ?? announcement(text, catalogue);
  if (found === null) return PASSED;
  return {
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    evidence: [{ pointer: '/response/content', quote: found.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: written === null ? 'announced call -> no call' : 'call -> call written as text',
    detail:
      written === null
        ? 'a message ends with announcing an action and does not act'
        : 'a message writes a tool call out as text and does not make it',
  };
}

export const missingExpectedCall: Scorer = {
  id: 'missing_expected_call',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'A message that ends by announcing an action, or that writes a call out as JSON, also makes the call.',
  score,
};
