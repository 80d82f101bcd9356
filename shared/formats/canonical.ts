import type Anthropic from '@anthropic-ai/sdk';

/**
 * The canonical form is the Anthropic Messages API. These types narrow the SDK's only where real traffic is wider: they
 * keep fields that older protocol editions have, and let fields that newer ones demand be absent. Field and block
 * lists are open: what is not named here passes through at run time.
 */

type Loosened<Value, Keys extends keyof Value> = Omit<Value, Keys> & Partial<Pick<Value, Keys>>;

/** A block of a request. Entries of `messages` with `role: "system"` may stand anywhere in the conversation. */
export type CanonicalContentParam = Anthropic.ContentBlockParam;
export type CanonicalToolResult = Anthropic.ToolResultBlockParam;
export type CanonicalTool = Anthropic.ToolUnion;

/** The request body of `POST /v1/messages`. */
export interface CanonicalBody extends Omit<Anthropic.MessageCreateParamsNonStreaming, 'max_tokens' | 'stream'> {
  max_tokens?: number;
  stream?: boolean;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  thread?: unknown;
}

/** Wire families that have request fields Anthropic's API has not. */
type FormatFamily = 'openai' | 'gemini' | 'bedrock';

/**
 * A request. `extras` carries what one family has and the Messages API has not (`seed`, `n`, `logprobs`); the same
 * family's encoder sends it, every other one records a loss.
 */
export interface Canonical {
  readonly body: CanonicalBody;
  readonly extras: Readonly<Partial<Record<FormatFamily, Readonly<Record<string, unknown>>>>>;
  /** What the client's own format needs again to write the answer. No upstream is told, so leaving it out loses nothing. */
  readonly clientOptions?: Readonly<Record<string, unknown>>;
  /**
   * The texts of the body hold one character per UTF-8 byte, as `parseOneByte` gives them, and those that codecs look
   * into are ASCII. Only formats that are declared `takesOneByte` encode it.
   */
  readonly isOneByte?: boolean;
}

type CanonicalTextBlock = Loosened<Anthropic.TextBlock, 'citations'>;
type CanonicalToolUseBlock = Loosened<Anthropic.ToolUseBlock, 'caller'>;
export type CanonicalContentBlock =
  | CanonicalTextBlock
  | CanonicalToolUseBlock
  | Anthropic.ThinkingBlock
  | Exclude<Anthropic.ContentBlock, Anthropic.TextBlock | Anthropic.ToolUseBlock | Anthropic.ThinkingBlock>;

/** Token counts; `input_tokens` excludes both cache counts. */
export type CanonicalUsage = Pick<
  Anthropic.Usage,
  'input_tokens' | 'output_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens'
> &
  Partial<Anthropic.Usage>;

/** A whole answer, as delivered to the client. */
export type CanonicalMessage = Pick<
  Anthropic.Message,
  'id' | 'type' | 'role' | 'model' | 'stop_reason' | 'stop_sequence'
> & {
  content: CanonicalContentBlock[];
  usage: CanonicalUsage;
} & Partial<Pick<Anthropic.Message, 'container' | 'diagnostics' | 'stop_details'>>;

export type CanonicalStopReason = Anthropic.StopReason;

export interface CanonicalErrorEvent {
  readonly type: 'error';
  readonly error: { readonly type: string; readonly message: string };
}

/** One event of a canonical stream. Pings are made by the gateway, never by a codec. */
export type CanonicalStreamEvent =
  | { readonly type: 'message_start'; readonly message: CanonicalMessage }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: CanonicalContentBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: Anthropic.RawContentBlockDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta';
      readonly delta: { readonly stop_reason: CanonicalStopReason | null; readonly stop_sequence: string | null };
      readonly usage: Partial<CanonicalUsage> & { readonly output_tokens: number };
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' }
  | CanonicalErrorEvent;
