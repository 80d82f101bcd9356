import { countAnswerTokens } from '#shared/formats/count-tokens.ts';
import { tokenFamilyOf } from '#shared/formats/tokens/token-family.ts';
import { isRecord } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

/** How far the reported output may be from what we count. */
const TOLERANCE = 0.4;
/** Tokens that framing may add to any answer, and to each call of it. */
const SLACK_TOKENS = { answer: 12, call: 2 } as const;
/** Answers beyond this are counted by their beginning: counting is the dearest part of scoring. */
const COUNTED_CHARACTERS_MAX = 4_000;
/** A text with so many characters a token is what it says, in any tokenizer; what lies outside is counted. */
const PLAIN_CHARACTERS_PER_TOKEN = { least: 3.4, most: 4.8 } as const;
/** Shorter calls than this are framing for the most part, which is not in their characters. */
const PLAIN_CHARACTERS_PER_CALL = 80;

interface Output {
  readonly characters: number;
  readonly calls: number;
  readonly isThought: boolean;
  readonly blocks: readonly unknown[];
}

function readOutput(content: unknown): Output {
  const blocks = Array.isArray(content) ? (content as unknown[]).filter(isRecord) : [];
  let characters = 0;
  let calls = 0;
  let isThought = false;
  for (const block of blocks) {
    if (block['type'] === 'text') characters += String(block['text'] ?? '').length;
    else if (block['type'] === 'tool_use') {
      calls += 1;
      characters += JSON.stringify(block['input'] ?? {}).length + String(block['name'] ?? '').length;
    } else isThought = true;
  }
  return { characters, calls, isThought, blocks };
}

function estimateTokens(output: Output, model: string): number {
  if (output.characters <= COUNTED_CHARACTERS_MAX) return countAnswerTokens(output.blocks, model);
  const whole = output.blocks
    .map((block) => (isRecord(block) ? String(block['text'] ?? JSON.stringify(block['input'] ?? {})) : ''))
    .join('\n');
  const head = countAnswerTokens([{ type: 'text', text: whole.slice(0, COUNTED_CHARACTERS_MAX) }], model);
  return (head * whole.length) / COUNTED_CHARACTERS_MAX;
}

function reportedTokens(subject: ScoringSubject): number | null {
  const usage = subject.response?.['usage'];
  const inResponse = isRecord(usage) ? usage['output_tokens'] : undefined;
  if (typeof inResponse === 'number') return inResponse;
  return subject.call.usage?.outputTokens ?? null;
}

function score(subject: ScoringSubject): ScorerResult {
  const { response, status, call } = subject;
  if (response === null || status !== 'ok') return NOT_APPLICABLE;
  const output = readOutput(response['content']);
  if (output.characters === 0) return NOT_APPLICABLE;
  const reported = reportedTokens(subject);
  // Other gateways report what they like; that ours lost the usage shows where the reply itself is known.
  if (reported === null && subject.upstreamRaw === null) return NOT_APPLICABLE;
  const blame = { owner: 'gateway', severity: 'warning' } as const;
  const place = [quoted('/response/usage', '')];
  if (reported === null || reported === 0) {
    const found = reported === null ? 'absent' : '0';
    return failed(
      blame,
      { expectedVsActual: `output tokens 1+ -> ${found}`, detail: 'an answer with content reports no output tokens' },
      place,
    );
  }
  if (output.isThought) return unknown('what a model thought is not shown in full, and counts all the same', 'warning');
  const said = reported - (call.usage?.reasoningOutputTokens ?? 0);
  const perToken = output.characters / said;
  const isPlain = output.characters >= PLAIN_CHARACTERS_PER_CALL * output.calls;
  if (isPlain && perToken >= PLAIN_CHARACTERS_PER_TOKEN.least && perToken <= PLAIN_CHARACTERS_PER_TOKEN.most)
    return PASSED;
  const model = call.responseModel ?? call.requestModel ?? '';
  // Only one vendor's tokenizer is known here; others write the same text in more or in fewer.
  const isFramingKnown = tokenFamilyOf(model).framing === 'openai';
  const tolerance = isFramingKnown ? TOLERANCE : 1.5 * TOLERANCE;
  const estimate = estimateTokens(output, model);
  const slack = SLACK_TOKENS.answer + SLACK_TOKENS.call * output.calls;
  // Framing that is counted to the letter can be more in another version, but explains no token that is missing.
  const slackBelow = isFramingKnown ? SLACK_TOKENS.answer : slack;
  const tooFew = said < estimate * (1 - tolerance) - slackBelow;
  if (!tooFew && said <= estimate * (1 + tolerance) + slack) return PASSED;
  return failed(
    blame,
    {
      expectedVsActual: `output tokens counted -> ${tooFew ? 'fewer' : 'more'} reported`,
      detail: `the reported output tokens are far ${tooFew ? 'below' : 'above'} what the answer holds`,
    },
    place,
  );
}

export const usageInconsistent: Scorer = {
  id: 'usage_inconsistent',
  version: '2',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'warning',
  definition: 'The reported output tokens are there, and within 40 % of what we count in the answer.',
  score,
};
