import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { type InboundBlock, inboundBlocks } from './inbound-blocks.ts';
import { isTold } from './is-told.ts';
import { type BlockKind, type UpstreamContent, upstreamContent } from './upstream-content.ts';

/** How the canonical form calls each kind, and by which words the ledger speaks of it. */
const KINDS: readonly { readonly kind: BlockKind; readonly type: string; readonly words: RegExp }[] = [
  { kind: 'image', type: 'image', words: /image|picture|media/i },
  { kind: 'document', type: 'document', words: /document|file|pdf|media/i },
  { kind: 'tool call', type: 'tool_use', words: /\bcalls?\b|tool_use|tool use/i },
  { kind: 'tool result', type: 'tool_result', words: /result/i },
];
const TEXT_WORDS = /text|system|message|turn/i;
const QUOTE_CHARACTERS_MAX = 200;

function failure(block: InboundBlock, what: string, quote?: string): ScorerResult {
  return {
    outcome: 'fail',
    owner: 'gateway',
    severity: 'error',
    evidence: [quote === undefined ? { pointer: block.pointer } : { pointer: block.pointer, quote }],
    expectedVsActual: `${what} upstream -> absent`,
    detail: `a ${what} block of the request did not reach the upstream, and the loss ledger does not say so`,
  };
}

/** Nearly all texts are sent as they are; in the whole of what was sent only the others need be looked for. */
function findLostText(
  blocks: readonly InboundBlock[],
  sent: Pick<UpstreamContent, 'allText' | 'texts'>,
): { block: InboundBlock; text: string } | null {
  for (const block of blocks) {
    const given = block.block['type'] === 'text' ? String(block.block['text'] ?? '') : '';
    if (sent.texts.has(given)) continue;
    const text = given.trim();
    if (text === '' || isPartOfOne(text, sent.texts) || sent.allText.includes(text)) continue;
    return { block, text };
  }
  return null;
}

/** A result of an error is told with words around it. */
function isPartOfOne(text: string, texts: ReadonlySet<string>): boolean {
  for (const whole of texts) if (whole.length >= text.length && whole.includes(text)) return true;
  return false;
}

function score(subject: ScoringSubject): ScorerResult {
  const sent = upstreamContent(subject);
  if (sent === null) return NOT_APPLICABLE;
  const blocks = inboundBlocks(subject.request);
  if (blocks.length === 0) return NOT_APPLICABLE;
  for (const { kind, type, words } of KINDS) {
    const inbound = blocks.filter(({ block }) => block['type'] === type);
    if (inbound.length <= sent.counts[kind]) continue;
    // Which one of several is missing cannot be told by counting; the ledger may speak of any.
    if (inbound.some(({ pointer }) => isTold(subject.losses, pointer, words))) continue;
    const [first] = inbound;
    if (first !== undefined) return failure(first, kind);
  }
  // Some formats have results as data and not as text.
  const hasResultTexts = /^(openai|anthropic)/.test(subject.upstreamRequest?.format ?? '');
  const texts = hasResultTexts ? blocks : blocks.filter(({ pointer }) => !/\/content\/\d+\/content/.test(pointer));
  const lost = findLostText(texts, sent);
  if (lost === null || isTold(subject.losses, lost.block.pointer, TEXT_WORDS)) return PASSED;
  return failure(lost.block, 'text', lost.text.slice(0, QUOTE_CHARACTERS_MAX));
}

export const blockDropped: Scorer = {
  id: 'image_or_block_dropped',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'error',
  definition:
    'Every image, document, text, tool call and result of the request reached the upstream, or the ledger says not.',
  score,
};
