import { isRecord, type JsonRecord } from '../json.ts';
import { addArguments, addText, type CollectedReply, startCall, textOrNull } from './collected-reply.ts';

/** A whole message. */
export function readAnthropicMessage(message: JsonRecord, collected: CollectedReply): void {
  collected.isRecognised = true;
  collected.stopReason = textOrNull(message['stop_reason']);
  for (const [index, block] of (message['content'] as readonly unknown[]).entries()) {
    startBlock(block, String(index), collected);
  }
}

/** One event of a stream. */
export function readAnthropicEvent(event: JsonRecord, collected: CollectedReply): void {
  const delta = isRecord(event['delta']) ? event['delta'] : {};
  switch (event['type']) {
    case 'message_start':
      collected.isRecognised = true;
      return;
    case 'content_block_start':
      startBlock(event['content_block'], String(event['index']), collected);
      return;
    case 'content_block_delta':
      if (delta['type'] === 'input_json_delta') {
        addArguments(collected, String(event['index']), delta['partial_json'] ?? '');
      } else if (delta['type'] === 'text_delta') addText(collected, delta['text']);
      return;
    case 'message_delta':
      collected.stopReason = textOrNull(delta['stop_reason']) ?? collected.stopReason;
      return;
    default:
  }
}

function startBlock(block: unknown, key: string, collected: CollectedReply): void {
  if (!isRecord(block)) return;
  if (block['type'] === 'text') addText(collected, block['text']);
  if (block['type'] !== 'tool_use') return;
  startCall(collected, key, { id: block['id'], name: block['name'], arguments: block['input'] });
}
