import { isRecord, type JsonRecord } from '../json.ts';
import { addText, type CollectedReply, textOrNull } from './collected-reply.ts';

/** The first choice of a whole reply or of one chunk. */
export function readOpenaiChoice(choice: unknown, collected: CollectedReply): void {
  if (!isRecord(choice)) return;
  collected.isRecognised = true;
  collected.stopReason = textOrNull(choice['finish_reason']) ?? collected.stopReason;
  const message = isRecord(choice['message']) ? choice['message'] : isRecord(choice['delta']) ? choice['delta'] : {};
  readContent(message['content'], collected);
  const entries = Array.isArray(message['tool_calls']) ? (message['tool_calls'] as unknown[]) : [];
  for (const [position, entry] of entries.entries()) {
    if (isRecord(entry)) readCall(entry, `${entry['index'] ?? position}`, collected);
  }
  const legacy = message['function_call'];
  if (isRecord(legacy)) readCall({ function: legacy }, 'function_call', collected);
}

/** A text, or parts of which some are text; reasoning stands in fields and parts of its own. */
function readContent(content: unknown, collected: CollectedReply): void {
  addText(collected, content);
  if (!Array.isArray(content)) return;
  for (const part of content as unknown[])
    if (isRecord(part) && part['type'] === 'text') addText(collected, part['text']);
}

/**
 * A piece of a call, or a whole one. Some servers stream several calls under one index; a new id together with a name
 * starts another call there, as it does for the client.
 */
function readCall(entry: JsonRecord, key: string, collected: CollectedReply): void {
  const part = isRecord(entry['function']) ? entry['function'] : {};
  const id = textOrNull(entry['id']) ?? '';
  const name = textOrNull(part['name']) ?? '';
  const known = collected.toolCalls.findLast((call) => call.key === key);
  const startsAnother = known !== undefined && id !== '' && known.id !== '' && id !== known.id && name !== '';
  const call = known === undefined || startsAnother ? { key, id, name: '', argumentsText: '', isWhole: false } : known;
  if (call !== known) collected.toolCalls.push(call);
  if (call.name === '') call.name = name;
  const pieces = part['arguments'];
  call.argumentsText += typeof pieces === 'string' ? pieces : isRecord(pieces) ? JSON.stringify(pieces) : '';
}
