import type { CanonicalContentParam } from '../canonical.ts';
import type { Turn } from '../conversation-turns.ts';
import { encodePlacedName } from '../custom-tools.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import { encodeCallId, type PlacedCall } from '../walk-conversation.ts';
import type { GeminiCallPart, GeminiPart } from './gemini-request.ts';
import { modelGeneration } from './model-generation.ts';
import { readTaggedSignature, SKIPPED_SIGNATURE } from './thought-signature.ts';
import { encodeGeminiToolName } from './tool-name.ts';

/** A call, and how its answer names it upstream. */
export interface NamedCall extends PlacedCall {
  /** Null for models that pair by order alone. */
  readonly upstreamId: string | null;
  readonly name: string;
}

export interface EncodedAssistantTurn {
  readonly parts: readonly GeminiPart[];
  readonly calls: readonly NamedCall[];
}

interface TurnState {
  readonly parts: GeminiPart[];
  readonly calls: NamedCall[];
  /** Came with a call, and goes back with the next one. */
  signature: string | null;
}

type ToolUse = Extract<CanonicalContentParam, { type: 'tool_use' }>;
type Thinking = Extract<CanonicalContentParam, { type: 'thinking' }>;

function upstreamCallId(encoding: Encoding, id: string, calls: readonly NamedCall[], path: RequestPath): string | null {
  if (modelGeneration(encoding.target) < 3) return null;
  const taken = calls.flatMap(({ upstreamId }) => upstreamId ?? []);
  return encodeCallId(encoding, id, taken, path);
}

/** From the third generation on, the first call of a step without a signature makes the whole request invalid. */
function callSignature(
  encoding: Encoding,
  turn: TurnState,
  path: RequestPath,
): Pick<GeminiCallPart, 'thoughtSignature'> {
  const { signature } = turn;
  turn.signature = null;
  if (signature !== null) return { thoughtSignature: signature };
  if (turn.calls.length > 0 || modelGeneration(encoding.target) < 3) return {};
  lose(encoding, 'repaired', path, 'call without a thought signature; its validation is skipped');
  return { thoughtSignature: SKIPPED_SIGNATURE };
}

function encodeCall(encoding: Encoding, turn: TurnState, block: ToolUse, path: RequestPath): void {
  const name = encodePlacedName(encoding, block.name, path, encodeGeminiToolName);
  const id = upstreamCallId(encoding, block.id, turn.calls, path);
  const signature = callSignature(encoding, turn, path);
  turn.calls.push({ canonicalId: block.id, upstreamId: id, name, path });
  turn.parts.push({ functionCall: { ...(id === null ? {} : { id }), name, args: block.input ?? {} }, ...signature });
}

/** Gemini's own thoughts go back to it with their signature; those of other models say nothing to it. */
function encodeThinking(encoding: Encoding, turn: TurnState, block: Thinking, path: RequestPath): void {
  const tagged = readTaggedSignature(block.signature);
  if (tagged === null) {
    lose(encoding, 'dropped', path, 'thinking that Gemini did not sign');
    return;
  }
  if (tagged.of === 'call') {
    turn.signature = tagged.signature;
    if (block.thinking !== '') turn.parts.push({ text: block.thinking, thought: true });
  } else turn.parts.push({ text: block.thinking, thought: true, thoughtSignature: tagged.signature });
}

/** An assistant turn as the parts of one model turn, with its calls. */
export function encodeAssistantTurn(encoding: Encoding, { blocks, path: turnPath }: Turn): EncodedAssistantTurn {
  const turn: TurnState = { parts: [], calls: [], signature: null };
  for (const { block, path } of blocks) {
    noteCacheControl(encoding, block, path);
    if (block.type === 'text') {
      if (block.text !== '') turn.parts.push({ text: block.text });
    } else if (block.type === 'tool_use') encodeCall(encoding, turn, block, path);
    else if (block.type === 'thinking') encodeThinking(encoding, turn, block, path);
    else lose(encoding, 'dropped', path, 'assistant block that Gemini has not');
  }
  // Thoughts alone are no turn: whatever they led to was cut off.
  const isSaid = turn.parts.some((part) => !('thought' in part));
  if (!isSaid && turn.parts.length > 0) lose(encoding, 'dropped', turnPath, 'assistant turn of thoughts alone');
  return { parts: isSaid ? turn.parts : [], calls: turn.calls };
}
