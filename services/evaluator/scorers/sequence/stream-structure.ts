import { createSseParser } from '#shared/upstream/sse.ts';
import { isRecord, type JsonRecord, parseJson } from '../json.ts';

/** A rule of a wire's stream that this one breaks; in words of ours. */
export type StreamFault =
  | 'start missing'
  | 'end missing'
  | 'block not started'
  | 'block started twice'
  | 'block not stopped'
  | 'wrong block index'
  | 'content after stop';

/** Whether a raw reply is a stream of events at all. */
export function isEventStream(raw: string): boolean {
  return /^\s*(?:event|data|id|:)[^\n]*\n/.test(raw) && /^data:/m.test(raw);
}

/** The first fault in the order of a stream, or null. Wires whose order is not known have none. */
export function findStreamFault(raw: string): StreamFault | null {
  const parser = createSseParser();
  const events = [...parser.push(Buffer.from(raw)), ...parser.end()].map(({ data }) => data);
  const parsed = events.map(parseJson).filter(isRecord);
  if (parsed.some(({ choices }) => Array.isArray(choices))) return findOpenaiFault(parsed);
  const isAnthropic = parsed.some(({ type }) => type === 'message_start' || type === 'content_block_start');
  return isAnthropic ? findAnthropicFault(parsed) : null;
}

/** Content that comes after the reason to stop; what comes last is usage, and has none. */
function findOpenaiFault(chunks: readonly JsonRecord[]): StreamFault | null {
  let stopped = false;
  for (const { choices } of chunks) {
    const choice: unknown = Array.isArray(choices) ? (choices as unknown[])[0] : undefined;
    if (!isRecord(choice)) continue;
    const delta = isRecord(choice['delta']) ? choice['delta'] : {};
    const calls: unknown = delta['tool_calls'];
    if (stopped && (isText(delta['content']) || (Array.isArray(calls) && calls.length > 0)))
      return 'content after stop';
    stopped ||= isText(choice['finish_reason']);
  }
  return stopped ? null : 'end missing';
}

interface Blocks {
  readonly started: Set<number>;
  readonly open: Set<number>;
}

function findAnthropicFault(events: readonly JsonRecord[]): StreamFault | null {
  const blocks: Blocks = { started: new Set(), open: new Set() };
  let hasStart = false;
  let hasEnd = false;
  for (const event of events) {
    const type = String(event['type']);
    if (type === 'error') return null;
    if (type === 'ping') continue;
    if (hasEnd && type.startsWith('content_block')) return 'content after stop';
    if (!hasStart && type !== 'message_start') return 'start missing';
    hasStart = true;
    hasEnd ||= type === 'message_stop';
    const fault = type.startsWith('content_block') ? findBlockFault(type, Number(event['index']), blocks) : null;
    if (fault !== null) return fault;
  }
  if (!hasEnd) return 'end missing';
  return blocks.open.size > 0 ? 'block not stopped' : null;
}

function findBlockFault(type: string, index: number, blocks: Blocks): StreamFault | null {
  if (type === 'content_block_start') {
    if (blocks.started.has(index)) return 'block started twice';
    if (index !== blocks.started.size) return 'wrong block index';
    blocks.started.add(index);
    blocks.open.add(index);
    return null;
  }
  if (!blocks.started.has(index)) return 'block not started';
  if (!blocks.open.has(index)) return 'content after stop';
  if (type === 'content_block_stop') blocks.open.delete(index);
  return null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
