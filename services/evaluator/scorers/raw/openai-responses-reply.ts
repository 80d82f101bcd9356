import { isRecord, type JsonRecord } from '../json.ts';
import { addText, type CollectedReply, startCall, textOrNull } from './collected-reply.ts';

/** A whole response. */
export function readResponsesReply(reply: JsonRecord, collected: CollectedReply): void {
  readEnd(reply, collected);
  for (const [index, item] of (reply['output'] as readonly unknown[]).entries())
    readItem(item, String(index), collected);
}

/** One event of a stream. What an item came to is told at its end; the pieces before say the same. */
export function readResponsesEvent(event: JsonRecord, collected: CollectedReply): void {
  switch (event['type']) {
    case 'response.created':
      collected.isRecognised = true;
      return;
    case 'response.output_item.done':
      collected.isRecognised = true;
      readItem(event['item'], `${event['output_index']}`, collected);
      return;
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      if (isRecord(event['response'])) readEnd(event['response'], collected);
      return;
    default:
  }
}

function readEnd(reply: JsonRecord, collected: CollectedReply): void {
  collected.isRecognised = true;
  collected.stopReason = textOrNull(reply['status']);
}

function readItem(item: unknown, key: string, collected: CollectedReply): void {
  if (!isRecord(item)) return;
  if (item['type'] === 'function_call') {
    startCall(collected, key, { id: item['call_id'], name: item['name'], arguments: item['arguments'] });
  }
  if (item['type'] !== 'message' || !Array.isArray(item['content'])) return;
  for (const part of item['content'] as unknown[]) {
    if (isRecord(part) && part['type'] === 'output_text') addText(collected, part['text']);
  }
}
