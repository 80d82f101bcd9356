import { isRecord } from '../json.ts';
import { addText, type CollectedReply, startCall, textOrNull } from './collected-reply.ts';

/** The first candidate of a whole reply or of one chunk; a call is never split over chunks, a text is. */
export function readGeminiReply(candidate: unknown, collected: CollectedReply): void {
  if (!isRecord(candidate)) return;
  collected.isRecognised = true;
  collected.stopReason = textOrNull(candidate['finishReason']) ?? collected.stopReason;
  const content = isRecord(candidate['content']) ? candidate['content'] : {};
  const parts = Array.isArray(content['parts']) ? (content['parts'] as unknown[]) : [];
  for (const part of parts) {
    if (!isRecord(part)) continue;
    const call = part['functionCall'];
    if (isRecord(call)) {
      const { id, name, args } = call;
      startCall(collected, String(collected.toolCalls.length), { id, name, arguments: args });
    } else if (part['thought'] !== true) addText(collected, part['text']);
  }
}
