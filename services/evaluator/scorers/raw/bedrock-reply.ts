import { isRecord, type JsonRecord } from '../json.ts';
import { addArguments, addText, type CollectedReply, startCall, textOrNull } from './collected-reply.ts';

/** A whole Converse reply. */
export function readBedrockReply(reply: JsonRecord, collected: CollectedReply): void {
  const message = isRecord(reply['output']) ? reply['output']['message'] : undefined;
  if (!isRecord(message) || !Array.isArray(message['content'])) return;
  collected.isRecognised = true;
  collected.stopReason = textOrNull(reply['stopReason']);
  for (const [index, block] of (message['content'] as unknown[]).entries()) {
    if (!isRecord(block)) continue;
    if (isRecord(block['toolUse'])) startTool(block['toolUse'], String(index), collected);
    else addText(collected, block['text']);
  }
}

/** One event of a Converse stream, whose name stands beside the data or around it. */
export function readBedrockEvent(data: JsonRecord, name: string | null, collected: CollectedReply): void {
  const kind = name ?? Object.keys(data)[0] ?? '';
  const event = isRecord(data[kind]) ? data[kind] : data;
  const key = String(event['contentBlockIndex']);
  switch (kind) {
    case 'messageStart':
      collected.isRecognised = true;
      return;
    case 'contentBlockStart': {
      collected.isRecognised = true;
      const tool = isRecord(event['start']) ? event['start']['toolUse'] : undefined;
      if (isRecord(tool)) startTool(tool, key, collected);
      return;
    }
    case 'contentBlockDelta': {
      const delta = isRecord(event['delta']) ? event['delta'] : {};
      if (isRecord(delta['toolUse'])) addArguments(collected, key, delta['toolUse']['input']);
      else addText(collected, delta['text']);
      return;
    }
    case 'messageStop':
      collected.isRecognised = true;
      collected.stopReason = textOrNull(event['stopReason']);
      return;
    default:
  }
}

function startTool(tool: JsonRecord, key: string, collected: CollectedReply): void {
  startCall(collected, key, { id: tool['toolUseId'], name: tool['name'], arguments: tool['input'] });
}
