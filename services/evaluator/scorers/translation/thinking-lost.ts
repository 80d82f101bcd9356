import { isRecord, type JsonRecord } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { type InboundBlock, inboundBlocks } from './inbound-blocks.ts';
import { isTold } from './is-told.ts';
import { type UpstreamContent, upstreamContent } from './upstream-content.ts';

const WORDS = /thinking|reasoning|thought|signature/i;
/** Shorter pieces stand in other texts by chance. */
const PIECE_CHARACTERS_MIN = 16;

function isThinking({ type }: JsonRecord): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

/** Thinking since the user last spoke: while tools run, the next turn builds on it. */
function requiredThinking(blocks: readonly InboundBlock[]): readonly InboundBlock[] {
  if (!blocks.some(({ block }) => isThinking(block))) return [];
  const lastResult = blocks.findLastIndex(({ block }) => block['type'] === 'tool_result');
  if (
    lastResult === -1 ||
    blocks.some(({ message, role }) => role === 'assistant' && message > (blocks[lastResult]?.message ?? 0))
  ) {
    return [];
  }
  const spoken = blocks.findLastIndex(
    ({ block, role, message }) =>
      role === 'user' &&
      block['type'] === 'text' &&
      !blocks.some((other) => other.message === message && other.block['type'] === 'tool_result'),
  );
  return blocks.slice(spoken + 1).filter(({ block, role }) => role === 'assistant' && isThinking(block));
}

/** Null where all of it is there; a signature must be there word for word, on formats that carry one. */
function defectOf({ block }: InboundBlock, sent: UpstreamContent, isAnthropic: boolean): 'absent' | 'altered' | null {
  const pieces = ['thinking', 'signature', 'data'].flatMap((name) => {
    const value = block[name];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
  if (pieces.length === 0) return null;
  const has = (piece: string) =>
    sent.reasoning.some((other) => other === piece || (!isAnthropic && isPartOf(piece, other))) ||
    (!isAnthropic && piece.length >= PIECE_CHARACTERS_MIN && sent.allText.includes(piece));
  const found = pieces.filter(has).length;
  if (isAnthropic) return found === pieces.length ? null : found === 0 ? 'absent' : 'altered';
  return found > 0 ? null : 'absent';
}

function isPartOf(left: string, right: string): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  return short.length >= PIECE_CHARACTERS_MIN && long.includes(short);
}

function failure(pointer: string, defect: string): ScorerResult {
  return {
    outcome: 'fail',
    owner: 'gateway',
    severity: 'error',
    evidence: [{ pointer }],
    expectedVsActual: `thinking with its signature -> ${defect}`,
    detail: `thinking on which the next turn builds was lost in translation: ${defect}`,
  };
}

/** A signature that the upstream gave and the client did not get: the next request cannot bring it back. */
function unsignedReply({ response, upstreamRaw, call }: ScoringSubject): {
  readonly applies: boolean;
  readonly pointer: string | null;
} {
  if (call.upstreamFormat !== 'anthropic-messages' || upstreamRaw === null) return { applies: false, pointer: null };
  if (!/"signature":\s*"[^"]/.test(upstreamRaw)) return { applies: false, pointer: null };
  const content = Array.isArray(response?.['content']) ? (response['content'] as unknown[]) : null;
  if (content === null) return { applies: false, pointer: null };
  const signed = content.some(
    (block) => isRecord(block) && block['type'] === 'thinking' && String(block['signature'] ?? '') !== '',
  );
  return { applies: true, pointer: signed ? null : '/response/content' };
}

function score(subject: ScoringSubject): ScorerResult {
  const reply = unsignedReply(subject);
  if (reply.pointer !== null && subject.status === 'ok' && !isTold(subject.losses, reply.pointer, WORDS)) {
    return failure(reply.pointer, 'signature not delivered');
  }
  const sent = upstreamContent(subject);
  const required = sent === null ? [] : requiredThinking(inboundBlocks(subject.request));
  if (sent === null || required.length === 0) return reply.applies ? PASSED : NOT_APPLICABLE;
  const isAnthropic = subject.upstreamRequest?.format === 'anthropic-messages';
  for (const block of required) {
    const defect = defectOf(block, sent, isAnthropic);
    if (defect !== null && !isTold(subject.losses, block.pointer, WORDS)) return failure(block.pointer, defect);
  }
  return PASSED;
}

export const thinkingLost: Scorer = {
  id: 'thinking_lost',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'error',
  definition:
    'Thinking on which a running tool loop builds reaches the upstream and the client whole, or the ledger says not.',
  score,
};
