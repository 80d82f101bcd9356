import { createGeminiStreamState, type GeminiStreamState } from '../gemini/stream-state.ts';
import type { DecoderStream } from '../stream-frame.ts';

/** A call whose arguments come as pieces of their JSON text. */
export interface OpenCall {
  readonly step: number;
  readonly index: number;
  readonly name: string | null;
  arguments: string;
  /** The arguments opened an object, and are delivered as they come. */
  isLive: boolean;
  pending: string;
}

/** Text and thoughts are kept as for generateContent; calls are not, because their arguments come otherwise. */
export interface InteractionStreamState extends GeminiStreamState {
  /** Types of the steps that have started, by their index. */
  steps: Record<number, string>;
  call: OpenCall | null;
}

export type InteractionStream = DecoderStream<InteractionStreamState>;

export function createInteractionStreamState(): InteractionStreamState {
  return { ...createGeminiStreamState(), steps: {}, call: null };
}
