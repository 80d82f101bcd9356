import { isRecord } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';
import { withoutCode } from './spoken-text.ts';

const QUOTE_CHARACTERS_MAX = 200;

/** How models and servers write calls and thoughts among themselves. Plain letters in front keep the search cheap. */
const LEAKS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['tool call tags', /<\/?(?:tool_calls?|function_calls?|tool_use|tool_code|minimax:tool_call)>\s*(?=[[{<]|\w+\()/],
  ['tool call tags', /<(?:function=[\w.-]{1,64}>|invoke name="|parameter=[\w.-]{1,64}>|function\(\w{1,64}\)>)/],
  ['tool call tags', /\[TOOL_CALLS\]|\[TOOL_REQUEST\]|<\|python_tag\|>|<\|plugin\|>|<\|action_start\|>/],
  [
    'control tokens',
    /<\|(?:channel|start|message|call|constrain|return|im_start|im_end|eot_id|eom_id|start_header_id|tool_calls?_section_begin|tool_call_begin)\|>/,
  ],
  ['control tokens', /<[｜|]tool[▁_](?:calls?|sep|outputs?)[▁_]?\w*[｜|]>|<[｜|](?:begin|end)[▁_]of[▁_]sentence[｜|]>/],
  ['reasoning tags', /^\s*<(?:think|thinking|thought|reasoning)>|<\/(?:think|thinking)>\s*\S/],
];

interface Leak {
  readonly kind: string;
  readonly quote: string;
  readonly token: string;
}

function findLeak(text: string): Leak | null {
  if (!/[<[]/.test(text)) return null;
  const spoken = withoutCode(text);
  for (const [kind, pattern] of LEAKS) {
    const found = pattern.exec(spoken);
    if (found === null) continue;
    return {
      kind,
      quote: spoken.slice(found.index).trimStart().slice(0, QUOTE_CHARACTERS_MAX),
      token: found[0].trim(),
    };
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  const content = subject.response?.['content'];
  const blocks = Array.isArray(content) ? (content as unknown[]) : [{ type: 'text', text: content }];
  const texts = blocks.map((block) => (isRecord(block) && block['type'] === 'text' ? String(block['text'] ?? '') : ''));
  if (!texts.some((text) => text.trim() !== '')) return NOT_APPLICABLE;
  for (const [index, text] of texts.entries()) {
    const leak = findLeak(text);
    if (leak === null) continue;
    // Who speaks about such tags is answered with them.
    const isSpokenOf = subject.conversation?.userTexts.some((passage) => passage.text.includes(leak.token)) ?? false;
    if (isSpokenOf) return unknown('the user writes of such tags too', 'warning');
    const isFromUpstream = subject.raw !== null && findLeak(subject.raw.text) !== null;
    return {
      outcome: 'fail',
      owner: isFromUpstream ? 'provider' : 'gateway',
      severity: 'fatal',
      evidence: [{ pointer: `/response/content/${index}`, quote: leak.quote }],
      expectedVsActual: `plain text -> ${leak.kind}`,
      detail: `the visible text has ${leak.kind} of a model in it`,
    };
  }
  return PASSED;
}

export const callTextLeak: Scorer = {
  id: 'call_text_leak',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'gateway',
  severity: 'fatal',
  definition: 'The visible text, code aside, has none of the tokens and tags by which models write calls and thoughts.',
  score,
};
