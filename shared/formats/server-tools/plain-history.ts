import type { CanonicalBody, CanonicalContentParam, CanonicalToolResult } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { readServerToolResult } from './result-content.ts';
import { isServerToolResult, isServerToolUse } from './server-tool.ts';

type Messages = CanonicalBody['messages'];
type Message = Messages[number];

interface ServerResult {
  readonly tool_use_id: string;
  readonly content: unknown;
}

/** The conversation while it is written anew. */
interface Rewriting {
  readonly ledger: Ledger;
  readonly results: ReadonlyMap<string, ServerResult>;
  /** Ids of results that stand in the message that their call stands in, and so split it. */
  readonly written: Set<string>;
  readonly messages: Message[];
  /** Results of calls of an earlier message, which go into the user message that follows it. */
  deferred: CanonicalToolResult[];
}

function resultsById(messages: Messages): Map<string, ServerResult> {
  const results = new Map<string, ServerResult>();
  for (const { role, content } of messages) {
    if (role !== 'assistant' || typeof content === 'string') continue;
    for (const block of content) {
      if (!isServerToolResult(block)) continue;
      const result = block as unknown as ServerResult;
      if (!results.has(result.tool_use_id)) results.set(result.tool_use_id, result);
    }
  }
  return results;
}

function toToolResult(rewriting: Rewriting, result: ServerResult, path: RequestPath): CanonicalToolResult {
  const { content, isError, isPartlyUnreadable } = readServerToolResult(result.content);
  if (isPartlyUnreadable)
    lose(rewriting.ledger, 'dropped', path, 'result of a server tool that only its provider can read');
  return { type: 'tool_result', tool_use_id: result.tool_use_id, content, ...(isError ? { is_error: true } : {}) };
}

/** An assistant message, cut behind its calls: what follows a result was said after it. */
function rewriteAssistant(rewriting: Rewriting, content: readonly CanonicalContentParam[], index: number): void {
  let said: CanonicalContentParam[] = [];
  let answers: CanonicalToolResult[] = [];
  const cut = (): void => {
    if (said.length > 0) rewriting.messages.push({ role: 'assistant', content: said });
    if (answers.length > 0) rewriting.messages.push({ role: 'user', content: answers });
    said = [];
    answers = [];
  };
  const own = new Set(
    content.filter(isServerToolResult).map((block) => (block as unknown as ServerResult).tool_use_id),
  );
  for (const [position, block] of content.entries()) {
    const path = ['messages', index, 'content', position];
    if (isServerToolResult(block)) {
      const result = block as unknown as ServerResult;
      if (!rewriting.written.has(result.tool_use_id)) {
        lose(rewriting.ledger, 'repaired', path, 'result of a server tool without its call');
      }
      continue;
    }
    if (answers.length > 0 && !isServerToolUse(block)) cut();
    if (!isServerToolUse(block)) {
      said.push(block);
      continue;
    }
    const { id, name, input } = block as unknown as { id: string; name: string; input: unknown };
    if (answers.length > 0 && !isRunOfCalls(content, position)) cut();
    said.push({ type: 'tool_use', id, name, input });
    rewriting.written.add(id);
    const result = rewriting.results.get(id);
    if (result === undefined) continue;
    if (own.has(id)) answers.push(toToolResult(rewriting, result, path));
    else rewriting.deferred.push(toToolResult(rewriting, result, path));
  }
  cut();
}

/** Whether nothing but calls stands right before this one: they were made at once. */
function isRunOfCalls(content: readonly CanonicalContentParam[], position: number): boolean {
  const before = content[position - 1];
  return before !== undefined && (isServerToolUse(before) || before.type === 'tool_use');
}

/** Results whose call stands in an earlier message, where no message of the user follows it. */
function flushDeferred(rewriting: Rewriting): void {
  if (rewriting.deferred.length > 0) rewriting.messages.push({ role: 'user', content: rewriting.deferred });
  rewriting.deferred = [];
}

function rewriteUser(rewriting: Rewriting, message: Message): void {
  if (rewriting.deferred.length === 0 || message.role !== 'user') {
    rewriting.messages.push(message);
    return;
  }
  const content =
    typeof message.content === 'string' ? [{ type: 'text' as const, text: message.content }] : message.content;
  rewriting.messages.push({ ...message, content: [...rewriting.deferred, ...content] });
  rewriting.deferred = [];
}

function hasServerBlocks({ role, content }: Message): boolean {
  if (role !== 'assistant' || typeof content === 'string') return false;
  return content.some((block) => isServerToolUse(block) || isServerToolResult(block));
}

/**
 * The conversation with the calls that the API ran itself written as calls of functions and their results, which is
 * the only way in which other formats can say them. The very same list when there are none.
 */
export function plainHistory(ledger: Ledger, messages: Messages): Messages {
  if (!messages.some(hasServerBlocks)) return messages;
  const rewriting: Rewriting = {
    ledger,
    results: resultsById(messages),
    written: new Set(),
    messages: [],
    deferred: [],
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant') flushDeferred(rewriting);
    if (message.role !== 'assistant') rewriteUser(rewriting, message);
    else if (typeof message.content === 'string' || !hasServerBlocks(message)) rewriting.messages.push(message);
    else rewriteAssistant(rewriting, message.content, index);
  }
  flushDeferred(rewriting);
  return rewriting.messages;
}
