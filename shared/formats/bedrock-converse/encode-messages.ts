import type { CanonicalBody, CanonicalContentParam } from '../canonical.ts';
import { markedSystemText } from '../describe-content.ts';
import { lose, type RequestPath } from '../encoding.ts';
import type { PlacedResult, SentCall } from '../walk-conversation.ts';
import type { ConverseBlock, ConverseMessage } from './converse-request.ts';
import { encodeAssistantBlock } from './encode-assistant-turn.ts';
import { encodeShown } from './encode-content.ts';
import { encodeResultAsText, encodeToolResult, unansweredResult } from './encode-tool-result.ts';
import { cachePointAfter, type Encoding, noteInnerCacheControl } from './encoding.ts';

const EMPTY_MESSAGE = '(no content)';
const MISSING_START = '(the conversation so far)';

/** A message being written. Converse wants roles to alternate, so neighbours of one role share a draft. */
interface AssistantDraft {
  readonly role: 'assistant';
  readonly path: RequestPath;
  readonly blocks: ConverseBlock[];
  readonly calls: SentCall[];
}
interface UserDraft {
  readonly role: 'user';
  readonly path: RequestPath;
  readonly blocks: ConverseBlock[];
  /** Not encoded before it is known which call each answers. */
  readonly results: PlacedResult[];
}
type Draft = AssistantDraft | UserDraft;

function contentBlocks(content: CanonicalBody['messages'][number]['content']): readonly CanonicalContentParam[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function draftFor(drafts: Draft[], role: Draft['role'], path: RequestPath): Draft {
  const last = drafts.at(-1);
  if (last?.role === role) return last;
  const draft: Draft =
    role === 'assistant' ? { role, path, blocks: [], calls: [] } : { role, path, blocks: [], results: [] };
  drafts.push(draft);
  return draft;
}

function addUserBlock(encoding: Encoding, draft: UserDraft, block: CanonicalContentParam, path: RequestPath): void {
  if (block.type === 'tool_result') {
    draft.results.push({ result: block, path });
    return;
  }
  const shown = encodeShown(encoding, block, path);
  draft.blocks.push(...shown);
  if (shown.length > 0) draft.blocks.push(...cachePointAfter(encoding, block, 'messages', path));
}

/** System entries in mid-conversation have no role of their own here; what they say keeps its place, marked. */
function addSystemBlocks(
  encoding: Encoding,
  draft: UserDraft,
  blocks: readonly CanonicalContentParam[],
  path: RequestPath,
): void {
  const texts = blocks
    .flatMap((block, index) => encodeShown(encoding, block, [...path, 'content', index]))
    .flatMap((block) => ('text' in block ? [block.text] : []));
  if (texts.length === 0) return;
  draft.blocks.push({ text: markedSystemText(encoding, texts.join('\n\n'), path) });
  const last = blocks.at(-1);
  for (const block of blocks.slice(0, -1)) noteInnerCacheControl(encoding, block, path);
  if (last !== undefined) draft.blocks.push(...cachePointAfter(encoding, last, 'messages', path));
}

function draftMessages(encoding: Encoding, messages: CanonicalBody['messages']): Draft[] {
  const drafts: Draft[] = [];
  for (const [index, message] of messages.entries()) {
    const path = ['messages', index];
    const blocks = contentBlocks(message.content);
    const draft = draftFor(drafts, message.role === 'assistant' ? 'assistant' : 'user', path);
    if (draft.role === 'user' && message.role === 'system') addSystemBlocks(encoding, draft, blocks, path);
    else {
      for (const [blockIndex, block] of blocks.entries()) {
        const blockPath = [...path, 'content', blockIndex];
        if (draft.role === 'user') addUserBlock(encoding, draft, block, blockPath);
        else draft.blocks.push(...encodeAssistantBlock(encoding, block, blockPath, draft.calls));
      }
    }
  }
  return drafts;
}

interface AnsweredCalls {
  readonly results: readonly ConverseBlock[];
  readonly carried: readonly ConverseBlock[];
}

/** The results of a turn's calls, in the order of the calls and next to one another, and what belongs behind them. */
function answerCalls(encoding: Encoding, calls: readonly SentCall[], draft: UserDraft): AnsweredCalls {
  const waiting = [...draft.results];
  const results: ConverseBlock[] = [];
  const carried: ConverseBlock[] = [];
  const cachePoints: ConverseBlock[] = [];
  for (const call of calls) {
    const position = waiting.findIndex(({ result }) => result.tool_use_id === call.canonicalId);
    const [found] = position === -1 ? [] : waiting.splice(position, 1);
    if (found === undefined) {
      lose(encoding, 'repaired', call.path, 'tool call without a result');
      results.push(unansweredResult(call.upstreamId));
      continue;
    }
    const encoded = encodeToolResult(encoding, found.result, call.upstreamId, found.path);
    results.push(encoded.block);
    carried.push(...encoded.carried);
    cachePoints.push(...cachePointAfter(encoding, found.result, 'messages', found.path));
  }
  for (const { result, path } of waiting) {
    if (encoding.hasTools) lose(encoding, 'repaired', path, 'tool result without its call sent as user text');
    else lose(encoding, 'approximated', path, 'tool result sent as text, because the request has no tools');
    carried.push(...encodeResultAsText(encoding, result, path));
    carried.push(...cachePointAfter(encoding, result, 'messages', path));
  }
  if (cachePoints.length > 1) {
    lose(encoding, 'approximated', draft.path, 'cache breakpoints of several results joined behind the last');
  }
  return { results: [...results, ...cachePoints.slice(0, 1)], carried };
}

/** Converse wants words beside a document, and no message without content. */
function finishContent(encoding: Encoding, content: readonly ConverseBlock[], path: RequestPath): ConverseBlock[] {
  const finished = [...content];
  const hasText = finished.some((block) => 'text' in block);
  const document = finished.find((block) => 'document' in block);
  if (document !== undefined && !hasText) {
    lose(encoding, 'repaired', path, 'document without a text beside it');
    finished.push({ text: `Attached: ${document.document.name}` });
  }
  if (finished.length === 0) {
    lose(encoding, 'repaired', path, 'message without content');
    finished.push({ text: EMPTY_MESSAGE });
  }
  return finished;
}

/** Drafts without content go, unless they have to answer a call; what then stands side by side becomes one. */
function withoutEmptyAssistants(encoding: Encoding, drafts: readonly Draft[]): Draft[] {
  const kept: Draft[] = [];
  for (const draft of drafts) {
    const last = kept.at(-1);
    if (draft.role === 'assistant' && draft.blocks.length === 0) {
      lose(encoding, 'dropped', draft.path, 'assistant message without content');
    } else if (draft.role === 'user' && last?.role === 'user') {
      last.blocks.push(...draft.blocks);
      last.results.push(...draft.results);
    } else kept.push(draft);
  }
  return kept;
}

/** The conversation as Converse insists on it: roles in turn, a user first, each call answered in the next message. */
export function encodeMessages(encoding: Encoding, body: CanonicalBody): readonly ConverseMessage[] {
  const drafts = withoutEmptyAssistants(encoding, draftMessages(encoding, body.messages));
  const messages: ConverseMessage[] = [];
  if (drafts[0]?.role !== 'user') {
    lose(encoding, 'repaired', ['messages', 0], 'conversation that does not begin with the user');
    messages.push({ role: 'user', content: [{ text: MISSING_START }] });
  }
  let calls: readonly SentCall[] = [];
  for (const draft of drafts) {
    if (draft.role === 'assistant') {
      messages.push({ role: 'assistant', content: draft.blocks });
      calls = draft.calls;
      continue;
    }
    const { results, carried } = answerCalls(encoding, calls, draft);
    messages.push({
      role: 'user',
      content: finishContent(encoding, [...results, ...carried, ...draft.blocks], draft.path),
    });
    calls = [];
  }
  if (calls.length > 0) {
    const unanswered: UserDraft = { role: 'user', path: ['messages'], blocks: [], results: [] };
    messages.push({ role: 'user', content: [...answerCalls(encoding, calls, unanswered).results] });
  }
  return messages;
}
