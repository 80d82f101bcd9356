import { blockEvents } from '#shared/formats/block-events.ts';
import type { CanonicalContentBlock, CanonicalStreamEvent } from '#shared/formats/canonical.ts';
import { type ServerTurn, type TurnEnd, toClientBlock, turnUsage } from './server-turn.ts';

/** The events for the client that an event of the present step stands for. The end of a step is not the end of the turn. */
export function turnEvents(turn: ServerTurn, event: CanonicalStreamEvent): readonly CanonicalStreamEvent[] {
  switch (event.type) {
    case 'message_start':
      if (turn.step > 0) return [];
      return [{ ...event, message: { ...event.message, content: [] } }, ...wholeBlockEvents(turn.content, 0)];
    case 'content_block_start': {
      const block = toClientBlock(turn, event.content_block);
      return [{ ...event, index: turn.offset + event.index, content_block: block }];
    }
    case 'content_block_delta':
    case 'content_block_stop':
      return [{ ...event, index: turn.offset + event.index }];
    case 'message_delta':
    case 'message_stop':
      return [];
    case 'ping':
    case 'error':
      return [event];
    default:
      return event satisfies never;
  }
}

/** Whole blocks as events, the first of them at `offset`. */
export function wholeBlockEvents(
  blocks: readonly CanonicalContentBlock[],
  offset: number,
): readonly CanonicalStreamEvent[] {
  return blocks.flatMap((block, position) => blockEvents(block, offset + position));
}

/** The events that end the turn. */
export function endEvents(turn: ServerTurn, end: TurnEnd): readonly CanonicalStreamEvent[] {
  return [{ type: 'message_delta', delta: end, usage: turnUsage(turn) }, { type: 'message_stop' }];
}
