import type { CanonicalBody, CanonicalToolResult } from './canonical.ts';
import { conversationTurns, type PlacedBlock, type Turn } from './conversation-turns.ts';
import { type Encoding, lose, type RequestPath } from './encoding.ts';
import { encodeToolUseId } from './tool-id.ts';

/** Every call has to be answered, or servers refuse the whole conversation. */
export const UNANSWERED_CALL = '[No result: this tool call was interrupted before it was answered]';
/** Where there is no field for it: a model that cannot tell a failure from a result does not recover. */
export const FAILURE_NOTE = '[The tool call failed]';
/** An id of this length never stands for itself, and so becomes a hash. */
const UNUSABLE_ID_CHARACTERS = 65;

/** A call of the history: its id there, and where. */
export interface PlacedCall {
  readonly canonicalId: string;
  readonly path: RequestPath;
}

/** A call under the id that it has upstream. */
export interface SentCall extends PlacedCall {
  readonly upstreamId: string;
}

export interface PlacedResult {
  readonly result: CanonicalToolResult;
  readonly path: RequestPath;
}

export interface AnsweredCall<Call extends PlacedCall> {
  readonly call: Call;
  /** Undefined when the client never sent one. */
  readonly found: PlacedResult | undefined;
}

export interface WrittenTurn<Call extends PlacedCall> {
  readonly calls: readonly Call[];
  /** Something of the turn was said upstream. */
  readonly isSaid: boolean;
}

/** How a format writes the turns of a conversation. */
export interface ConversationWriter<Call extends PlacedCall> {
  system(turn: Turn): void;
  /** Results that are still among the blocks have no call. */
  user(blocks: readonly PlacedBlock[]): void;
  assistant(turn: Turn): WrittenTurn<Call>;
  /** The results of the turn just written, in the order of its calls. */
  answers(answered: readonly AnsweredCall<Call>[]): void;
}

/** Results in the turns up to the next assistant turn: clients send them in order of completion, not of calling. */
function resultsAfter(turns: readonly Turn[], index: number): Map<string, PlacedResult[]> {
  const results = new Map<string, PlacedResult[]>();
  for (const turn of turns.slice(index + 1)) {
    if (turn.role === 'assistant') break;
    for (const { block, path } of turn.blocks) {
      if (block.type !== 'tool_result') continue;
      const known = results.get(block.tool_use_id);
      if (known === undefined) results.set(block.tool_use_id, [{ result: block, path }]);
      else known.push({ result: block, path });
    }
  }
  return results;
}

function answersOf<Call extends PlacedCall>(
  encoding: Encoding,
  calls: readonly Call[],
  results: Map<string, PlacedResult[]>,
): readonly AnsweredCall<Call>[] {
  return calls.map((call) => {
    const found = results.get(call.canonicalId)?.shift();
    if (found === undefined) lose(encoding, 'repaired', call.path, 'tool call without a result');
    return { call, found };
  });
}

/**
 * Walks a conversation in the order that servers insist on: each turn of calls directly followed by all their results,
 * and only then by what else the user said.
 *
 * @param from the first message to write, where an assistant's turn begins; all results of what is before it are, too
 */
export function walkConversation<Call extends PlacedCall>(
  encoding: Encoding,
  messages: CanonicalBody['messages'],
  writer: ConversationWriter<Call>,
  from = 0,
): void {
  const turns = conversationTurns(messages, from);
  const answered = new Set<unknown>();
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'system') writer.system(turn);
    else if (turn.role === 'user') writer.user(turn.blocks.filter(({ block }) => !answered.has(block)));
    else {
      const { calls, isSaid } = writer.assistant(turn);
      if (calls.length > 0) {
        const answers = answersOf(encoding, calls, resultsAfter(turns, index));
        for (const { found } of answers) if (found !== undefined) answered.add(found.result);
        writer.answers(answers);
      } else if (isSaid && index === turns.length - 1) {
        lose(encoding, 'approximated', turn.path, 'assistant text to be continued is sent as a finished turn');
      }
    }
  }
}

/** The id to send for a call. Two calls with the same id could not be answered apart; `taken` are the ids before it. */
export function encodeCallId(
  encoding: Encoding,
  id: string,
  taken: readonly string[],
  path: RequestPath,
  encode: typeof encodeToolUseId = encodeToolUseId,
): string {
  const encoded = encode(id);
  if (encoded !== id) lose(encoding, 'renamed', [...path, 'id'], 'tool-use id does not fit');
  if (!taken.includes(encoded)) return encoded;
  lose(encoding, 'repaired', [...path, 'id'], 'two calls had the same id');
  return encode(`${id}#${taken.length}`.padEnd(UNUSABLE_ID_CHARACTERS, '#'));
}
