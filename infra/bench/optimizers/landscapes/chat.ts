/** The part of OpenAI's chat completions that the mock speaks. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: 'system' | 'user'; readonly content: string }[];
  /** The nonce: how often this very request has been sent before. */
  readonly seed: number;
}

export interface ChatReply {
  readonly status: number;
  /** Text of the answer, or of the error. */
  readonly content: string;
}

/** Sends a request to the mock: in this process, or over HTTP. */
export type Chat = (request: ChatRequest) => Promise<ChatReply>;

/** Attempts of one sample; a nonce is sample times this, plus the attempt. */
export const ATTEMPTS_PER_SAMPLE = 16;
