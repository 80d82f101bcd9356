import type { FormatName } from '#shared/formats/format.ts';
import type { JsonObject } from '#shared/formats/json-object.ts';
import { refuseConverseBody } from '#shared/testing/strict-converse.ts';
import { refuseGeminiBody } from '#shared/testing/strict-gemini.ts';
import { refuseOpenaiBody } from '#shared/testing/strict-openai.ts';
import { refuseResponsesBody } from '#shared/testing/strict-responses.ts';
import { readAnthropic, readChat, readConverse, readGemini, readResponses } from './read-sent.ts';
import type { SentRequest } from './sent-request.ts';
import { refuseAnthropicBody, refuseHostedBody } from './strict-anthropic.ts';
import { ANTHROPIC_WIRE } from './wires/anthropic-wire.ts';
import { CHAT_WIRE } from './wires/chat-wire.ts';
import { CONVERSE_WIRE } from './wires/converse-wire.ts';
import { GEMINI_WIRE } from './wires/gemini-wire.ts';
import { INVOKE_WIRE } from './wires/invoke-wire.ts';
import { RESPONSES_WIRE } from './wires/responses-wire.ts';
import type { Wire } from './wires/wire.ts';

/** Kinds of model that a line may ask for; a column without one of its own takes its `plain` model. No call goes to the
 * `silent` one, so that nothing is learnt of it; the `prefixed` one is the plain one behind a policy with a prefix. */
export type TargetName =
  | 'plain'
  | 'reasoning'
  | 'small'
  | 'replaying'
  | 'tagging'
  | 'streaming'
  | 'silent'
  | 'prefixed';

interface ColumnTarget {
  readonly model: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly quirks?: readonly string[];
  /** Parameters that this model refuses, as OpenAI's reasoning models refuse `temperature`. */
  readonly refused?: readonly string[];
}

export type ColumnName =
  | 'anthropic-messages'
  | 'openai-chat'
  | 'openai-responses'
  | 'gemini'
  | 'bedrock-converse'
  | 'anthropic on bedrock'
  | 'anthropic on vertex';

/** An upstream format as the table has it: how its servers answer, and what they refuse. */
export interface Column {
  readonly name: ColumnName;
  readonly format: FormatName;
  /** In addresses and names of models. */
  readonly slug: string;
  /** A request of an Anthropic client reaches it in its own format. */
  readonly isAnthropic: boolean;
  readonly wire: Wire;
  /** Below the provider's address. */
  readonly path: RegExp;
  readonly provider: Readonly<Record<string, unknown>>;
  readonly basePath: string;
  readonly targets: Readonly<{ plain: ColumnTarget }> & Readonly<Partial<Record<TargetName, ColumnTarget>>>;
  readonly read: (body: JsonObject) => SentRequest;
  /** Why a strict server answers 400; null when it does not. */
  readonly refuse: (body: JsonObject, path: string) => string | null;
}

const REASONS = { reasoningEffort: true };
const SMALL = { contextTokens: 8_192, maxOutputTokens: 4_096 };
const AWS = { auth: 'aws-sigv4', region: 'eu-west-1', aws: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' } };
const modelIn = (path: string): string => decodeURIComponent(/\/models?\/([^/:]+)/.exec(path)?.[1] ?? '');

export const COLUMNS: readonly Column[] = [
  {
    name: 'anthropic-messages',
    format: 'anthropic-messages',
    slug: 'anthropic',
    isAnthropic: true,
    wire: ANTHROPIC_WIRE,
    path: /^\/v1\/messages$/,
    provider: { format: 'anthropic-messages', apiKey: 'upstream-key' },
    basePath: '',
    targets: {
      plain: { model: 'claude-sonnet-4-5-20250929' },
      reasoning: { model: 'claude-opus-4-8', settings: REASONS },
      small: { model: 'claude-haiku-4-5-20251001', settings: SMALL },
      silent: { model: 'claude-sonnet-4-6' },
    },
    read: readAnthropic,
    refuse: refuseAnthropicBody,
  },
  {
    name: 'openai-chat',
    format: 'openai-chat',
    slug: 'chat',
    isAnthropic: false,
    wire: CHAT_WIRE,
    path: /^\/v1\/chat\/completions$/,
    provider: { format: 'openai-chat', apiKey: 'upstream-key' },
    basePath: '/v1',
    targets: {
      plain: { model: 'gpt-4.1', quirks: ['files', 'openai-extras'] },
      reasoning: {
        model: 'gpt-5-mini',
        settings: REASONS,
        quirks: ['max-completion-tokens', 'files', 'openai-extras', 'no-sampling', 'no-stop'],
        refused: ['max_tokens', 'temperature', 'top_p', 'stop'],
      },
      small: { model: 'llama-3.1-8b', settings: SMALL },
      replaying: { model: 'deepseek-reasoner', settings: REASONS, quirks: ['replay-reasoning'] },
      tagging: { model: 'qwen3-8b', quirks: ['think-tags'] },
      silent: { model: 'gpt-4o' },
    },
    read: readChat,
    refuse: (body) => refuseOpenaiBody(withoutReplayed(body), body['model'] === 'gpt-5-mini' ? REASONING_REFUSES : []),
  },
  {
    name: 'openai-responses',
    format: 'openai-responses',
    slug: 'responses',
    isAnthropic: false,
    wire: RESPONSES_WIRE,
    path: /^\/v1\/responses$/,
    provider: { format: 'openai-responses', apiKey: 'upstream-key' },
    basePath: '/v1',
    targets: {
      plain: { model: 'gpt-4.1-mini', quirks: ['files', 'openai-extras'] },
      reasoning: { model: 'gpt-5-codex', settings: REASONS, quirks: ['files', 'openai-extras', 'no-sampling'] },
      small: { model: 'gpt-4.1-nano', settings: SMALL },
      silent: { model: 'gpt-4o-mini' },
    },
    read: readResponses,
    refuse: refuseResponsesBody,
  },
  {
    name: 'gemini',
    format: 'gemini',
    slug: 'gemini',
    isAnthropic: false,
    wire: GEMINI_WIRE,
    path: /^\/v1beta\/models\/[\w.-]+:(?:streamGenerateContent|generateContent)$/,
    provider: { format: 'gemini', apiKey: 'upstream-key' },
    basePath: '/v1beta',
    targets: {
      plain: { model: 'gemini-2.5-flash' },
      reasoning: { model: 'gemini-3-pro-preview', settings: REASONS },
      small: { model: 'gemini-2.5-flash-lite', settings: SMALL },
      streaming: { model: 'gemini-3-flash', quirks: ['stream-function-arguments'] },
      silent: { model: 'gemini-2.0-flash' },
    },
    read: readGemini,
    refuse: (body, path) => refuseGeminiBody(body, /gemini-2/.test(path) ? 2 : 3),
  },
  {
    name: 'bedrock-converse',
    format: 'bedrock-converse',
    slug: 'converse',
    isAnthropic: false,
    wire: CONVERSE_WIRE,
    path: /^\/model\/[^/]+\/converse(?:-stream)?$/,
    provider: { format: 'bedrock-converse', ...AWS },
    basePath: '',
    targets: {
      plain: { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
      reasoning: { model: 'anthropic.claude-opus-4-8-v1:0', settings: REASONS },
      small: { model: 'amazon.nova-lite-v1:0', settings: SMALL },
      replaying: { model: 'deepseek.v3-v1:0', quirks: ['replay-reasoning'] },
      silent: { model: 'anthropic.claude-sonnet-4-6-v1:0' },
    },
    read: readConverse,
    refuse: refuseConverseBody,
  },
  {
    name: 'anthropic on bedrock',
    format: 'anthropic-messages',
    slug: 'invoke',
    isAnthropic: true,
    wire: INVOKE_WIRE,
    path: /^\/model\/[^/]+\/invoke(?:-with-response-stream)?$/,
    provider: { format: 'anthropic-messages', hosting: 'bedrock', ...AWS },
    basePath: '',
    targets: {
      plain: { model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
      reasoning: { model: 'us.anthropic.claude-opus-4-8-v1:0', settings: REASONS },
      small: { model: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', settings: SMALL },
      silent: { model: 'us.anthropic.claude-sonnet-4-6-v1:0' },
    },
    read: readAnthropic,
    refuse: (body, path) => refuseHostedBody(body, 'bedrock-2023-05-31', modelIn(path)),
  },
  {
    name: 'anthropic on vertex',
    format: 'anthropic-messages',
    slug: 'vertex',
    isAnthropic: true,
    wire: ANTHROPIC_WIRE,
    path: /^\/publishers\/anthropic\/models\/[^/]+:(?:streamRawPredict|rawPredict)$/,
    provider: { format: 'anthropic-messages', hosting: 'vertex', auth: 'none' },
    basePath: '/publishers/anthropic',
    targets: {
      plain: { model: 'claude-sonnet-4-5@20250929' },
      reasoning: { model: 'claude-opus-4-8@20260301', settings: REASONS },
      small: { model: 'claude-haiku-4-5@20251001', settings: SMALL },
      silent: { model: 'claude-sonnet-4-6@20260101' },
    },
    read: readAnthropic,
    refuse: (body, path) => refuseHostedBody(body, 'vertex-2023-10-16', modelIn(path)),
  },
];

const REASONING_REFUSES = ['max_tokens', 'temperature', 'top_p', 'stop'];

/** DeepSeek takes its own reasoning back, in a field that OpenAI has not. */
function withoutReplayed(body: JsonObject): JsonObject {
  if (body['model'] !== 'deepseek-reasoner' || !Array.isArray(body['messages'])) return body;
  const messages = (body['messages'] as JsonObject[]).map(({ reasoning_content: _reasoning, ...rest }) => rest);
  return { ...body, messages };
}
