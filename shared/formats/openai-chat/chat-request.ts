/** The parts of a Chat Completions request that we write. */
export type ChatContentPart =
  | { readonly type: 'text'; readonly text: string; readonly cache_control?: unknown }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
  | { readonly type: 'file'; readonly file: { readonly filename: string; readonly file_data: string } };

/** Mistral's notation of reasoning. */
export interface ChatThinkingPart {
  readonly type: 'thinking';
  readonly thinking: readonly { readonly type: 'text'; readonly text: string }[];
}

export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A call of a tool whose input is free text. */
export interface ChatCustomCall {
  readonly id: string;
  readonly type: 'custom';
  readonly custom: { readonly name: string; readonly input: string };
}

export type ChatMessage =
  | { readonly role: 'system' | 'developer'; readonly content: string | readonly ChatContentPart[] }
  | { readonly role: 'user'; readonly content: string | readonly ChatContentPart[] }
  | {
      readonly role: 'assistant';
      readonly content: string | null | readonly (ChatContentPart | ChatThinkingPart)[];
      readonly reasoning_content?: string;
      readonly reasoning?: string;
      /** The turn is to be continued. */
      readonly prefix?: boolean;
      readonly tool_calls?: readonly ChatToolCall[];
    }
  | {
      readonly role: 'tool';
      readonly tool_call_id: string;
      readonly content: string;
      readonly cache_control?: unknown;
    };
