import { isJsonObject, type JsonObject } from '../json-object.ts';

/** Wire shapes of replies: those of the formats, and some that only speak through other formats' gateways. */
export type ReplyShape =
  | 'anthropic-messages'
  | 'bedrock-converse'
  | 'cohere-chat'
  | 'gemini'
  | 'gemini-interactions'
  | 'openai-chat'
  | 'openai-responses';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const CONVERSE_EVENTS: readonly string[] = [
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
];
const COHERE_EVENT = /^(?:message-(?:start|end)|(?:content|tool-call|citation)-(?:start|delta|end)|tool-plan-delta)$/;
const ANTHROPIC_EVENT = /^(?:message|message_(?:start|delta|stop)|content_block_(?:start|delta|stop)|ping)$/;

/**
 * What each shape is known by, a whole reply or one event of a stream. The order matters where one is a part of
 * another: a response and an interaction have more in common with each other than with the rest.
 */
const SIGNS: readonly (readonly [ReplyShape, (payload: JsonObject) => boolean])[] = [
  ['openai-responses', ({ object, type }) => object === 'response' || text(type).startsWith('response.')],
  [
    'gemini-interactions',
    ({ object, event_type: event, steps }) =>
      object === 'interaction' || typeof event === 'string' || Array.isArray(steps),
  ],
  ['anthropic-messages', ({ type }) => ANTHROPIC_EVENT.test(text(type))],
  ['cohere-chat', ({ type }) => COHERE_EVENT.test(text(type))],
  ['openai-chat', ({ choices }) => Array.isArray(choices)],
  [
    'gemini',
    ({ candidates, promptFeedback, usageMetadata }) =>
      Array.isArray(candidates) || isJsonObject(promptFeedback) || isJsonObject(usageMetadata),
  ],
  [
    'bedrock-converse',
    (payload) =>
      (isJsonObject(payload['output']) && isJsonObject(payload['output']['message'])) ||
      CONVERSE_EVENTS.some((name) => isJsonObject(payload[name])) ||
      Object.keys(payload).some((name) => name.endsWith('Exception')),
  ],
  ['openai-responses', ({ output }) => Array.isArray(output)],
  ['cohere-chat', ({ message, finish_reason: reason }) => isJsonObject(message) && typeof reason === 'string'],
];

/** The shape of a whole reply, or of an event of a stream, by what is in it; null for one that is not known. */
export function replyShape(payload: JsonObject): ReplyShape | null {
  return SIGNS.find(([, isIt]) => isIt(payload))?.[0] ?? null;
}

/** Whether a payload is an error and no reply: in any of the envelopes in which servers put one. */
export function isErrorBody(payload: JsonObject): boolean {
  const { error, type, message, detail } = payload;
  if (isJsonObject(error) || (typeof error === 'string' && error !== '')) return true;
  return type === 'error' || typeof message === 'string' || typeof detail === 'string' || Array.isArray(detail);
}

/** The format whose decoder knows an error's envelope. */
export function errorShape(payload: JsonObject): ReplyShape {
  const { error, type, message } = payload;
  if (type === 'error') return 'anthropic-messages';
  // Google names its errors by a word beside the number.
  if (isJsonObject(error) && typeof error['status'] === 'string') return 'gemini';
  return typeof message === 'string' && error === undefined ? 'bedrock-converse' : 'openai-chat';
}
