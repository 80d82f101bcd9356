import type { CanonicalContentBlock } from '../canonical.ts';
import type { FormatName } from '../format.ts';
import { type Loss, lossPointer, recordLoss } from '../loss.ts';

const CARRIED: ReadonlySet<string> = new Set(['text', 'thinking', 'tool_use']);

/** Notes a block of an answer that an OpenAI client cannot be shown. Returns whether it can be. */
export function noteBlock(losses: Loss[], format: FormatName, block: CanonicalContentBlock, index: number): boolean {
  if (CARRIED.has(block.type)) return true;
  const detail = 'block of an answer without a counterpart for the client';
  recordLoss(losses, { kind: 'dropped', pointer: lossPointer('content', index), format, detail });
  return false;
}

/** Notes a part of a block that the client's format has no field for. */
export function notePart(losses: Loss[], format: FormatName, index: number, field: string): void {
  const pointer = lossPointer('content', index, field);
  recordLoss(losses, { kind: 'dropped', pointer, format, detail: `${field} of an answer` });
}

/** Notes what the finish of an answer says and the client's format cannot. */
export function noteStop(losses: Loss[], format: FormatName, stopSequence: string | null | undefined): void {
  if (stopSequence === null || stopSequence === undefined) return;
  recordLoss(losses, { kind: 'dropped', pointer: '/stop_sequence', format, detail: 'stop sequence that matched' });
}
