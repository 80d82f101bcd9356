import { lookUp } from '../../look-up.ts';
import type { CanonicalMessage, CanonicalStopReason, CanonicalUsage } from '../canonical.ts';
import type { AnswerContext } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeChatUsage } from '../openai-chat/encode-usage.ts';

type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed';

const INCOMPLETE_REASONS: Readonly<Partial<Record<CanonicalStopReason, string>>> = {
  max_tokens: 'max_output_tokens',
  model_context_window_exceeded: 'max_output_tokens',
  refusal: 'content_filter',
};

/** Why a response is incomplete, in OpenAI's word; null when it is complete. */
export function incompleteReason(stopReason: CanonicalStopReason | null): string | null {
  return stopReason === null ? null : (lookUp(INCOMPLETE_REASONS, stopReason) ?? null);
}

/** The part of a message's id that the ids of its response and items are made of. */
function idStem(messageId: string): string {
  return messageId.replace(/^msg_/, '');
}

/** Id of the item at `outputIndex`, alike in a stream and in a whole answer. */
export function itemId(messageId: string, prefix: 'msg' | 'rs' | 'fc' | 'ctc' | 'ws', outputIndex: number): string {
  return `${prefix}_${idStem(messageId)}_${outputIndex}`;
}

function encodeUsage(usage: CanonicalUsage): JsonObject {
  const counted = encodeChatUsage(usage);
  return {
    input_tokens: counted.prompt_tokens,
    input_tokens_details: counted.prompt_tokens_details,
    output_tokens: counted.completion_tokens,
    output_tokens_details: counted.completion_tokens_details,
    total_tokens: counted.total_tokens,
  };
}

/** What the client set, or the defaults that OpenAI reports. */
function echoOf(context: AnswerContext): JsonObject {
  const echo = context.request.clientOptions?.['echo'];
  return {
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    ...(isJsonObject(echo) ? echo : {}),
  };
}

export interface ResponseFacts {
  readonly message: Pick<CanonicalMessage, 'id' | 'model'>;
  readonly status: Status;
  readonly output: readonly object[];
  readonly stopReason: CanonicalStopReason | null;
  /** Null while the response is in progress. */
  readonly usage: CanonicalUsage | null;
}

/** A response object as the Responses API shows it, at its beginning or at its end. */
export function responseObject(context: AnswerContext, facts: ResponseFacts): JsonObject {
  const reason = facts.status === 'incomplete' ? incompleteReason(facts.stopReason) : null;
  return {
    id: `resp_${idStem(facts.message.id)}`,
    object: 'response',
    created_at: context.nowSeconds,
    status: facts.status,
    background: false,
    error: null,
    incomplete_details: reason === null ? null : { reason },
    model: facts.message.model,
    output: facts.output,
    ...echoOf(context),
    // Nothing is kept that could be fetched or continued by its id.
    store: false,
    usage: facts.usage === null ? null : encodeUsage(facts.usage),
  };
}
