import { createFrameState, type DecoderStream, type FrameState } from '../stream-frame.ts';
import type { PartialArguments } from './partial-arguments.ts';

/** Text waits while it is blank: blank text between blocks is no block. */
export interface OpenText {
  readonly type: 'text';
  index: number | null;
  pending: string;
}

export interface OpenThinking {
  readonly type: 'thinking';
  readonly index: number;
  /** Tagged, as the client gets it when the block ends. */
  signature: string | null;
}

export interface OpenTool {
  readonly type: 'tool';
  readonly index: number;
  readonly upstreamName: string | null;
  readonly name: string;
  readonly arguments: PartialArguments;
  /** More arguments are to come. */
  continues: boolean;
  isEmpty: boolean;
}

/** Everything a Gemini stream leaves behind from one chunk to the next. Plain data. */
export interface GeminiStreamState extends FrameState {
  /** The prompt was refused: its reason is a refusal whatever its name. */
  isBlocked: boolean;
  /** What the upstream says about its refusal. */
  refusalText: string | null;
  open: OpenText | OpenThinking | OpenTool | null;
}

export type GeminiStream = DecoderStream<GeminiStreamState>;

export function createGeminiStreamState(): GeminiStreamState {
  return { ...createFrameState(), isBlocked: false, refusalText: null, open: null };
}
