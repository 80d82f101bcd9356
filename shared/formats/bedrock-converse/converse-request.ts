import type { JsonObject } from '../json-object.ts';

/** The parts of a Converse request that we write. Bytes are base64, as in every JSON of AWS. */
export type ConverseSource = { readonly bytes: string } | { readonly s3Location: { readonly uri: string } };

export interface ConverseText {
  readonly text: string;
}
export interface ConverseImage {
  readonly image: { readonly format: string; readonly source: ConverseSource };
}
export interface ConverseDocument {
  readonly document: { readonly format: string; readonly name: string; readonly source: ConverseSource };
}
export interface ConverseCachePoint {
  readonly cachePoint: { readonly type: 'default' };
}
export interface ConverseToolUse {
  readonly toolUse: { readonly toolUseId: string; readonly name: string; readonly input: JsonObject };
}
export interface ConverseToolResult {
  readonly toolResult: {
    readonly toolUseId: string;
    readonly content: readonly ConverseShown[];
    readonly status?: 'error';
  };
}
export interface ConverseReasoning {
  readonly reasoningContent:
    | { readonly reasoningText: { readonly text: string; readonly signature?: string } }
    | { readonly redactedContent: string };
}

/** What can be shown to a model, in a message or in a tool result. */
export type ConverseShown = ConverseText | ConverseImage | ConverseDocument;
export type ConverseBlock =
  | ConverseShown
  | ConverseCachePoint
  | ConverseToolUse
  | ConverseToolResult
  | ConverseReasoning;

export interface ConverseMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly ConverseBlock[];
}
