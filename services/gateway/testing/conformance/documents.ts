import type { Column, ColumnName } from './columns.ts';
import type { Mode, NotApplicable } from './conformance-case.ts';

/** Pages that show what a wire format has, and so what it has not. */
export const DOCUMENTS = {
  messages: 'https://platform.claude.com/docs/en/api/messages',
  messagesStreaming: 'https://platform.claude.com/docs/en/build-with-claude/streaming',
  chat: 'https://platform.openai.com/docs/api-reference/chat/create',
  chatStreaming: 'https://platform.openai.com/docs/api-reference/chat-streaming',
  responses: 'https://platform.openai.com/docs/api-reference/responses/create',
  responsesStreaming: 'https://platform.openai.com/docs/api-reference/responses-streaming',
  generateContent: 'https://ai.google.dev/api/generate-content',
  geminiModels: 'https://ai.google.dev/api/models',
  functionCall: 'https://ai.google.dev/api/caching#FunctionCall',
  thoughtSignatures: 'https://ai.google.dev/gemini-api/docs/thought-signatures',
  converse: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  converseStream: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html',
  toolUseStart: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlockStart.html',
  toolUse: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html',
  messageStop: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html',
  deepseekThinking: 'https://api-docs.deepseek.com/guides/thinking_mode',
  vllm: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
} as const;

type Exempt = (column: Column, mode: Mode) => NotApplicable | null;
type Reasons = Readonly<Partial<Record<ColumnName, NotApplicable>>>;

export function because(reason: string, document: keyof typeof DOCUMENTS): NotApplicable {
  return { reason, document: DOCUMENTS[document] };
}

/** Exempts the columns that are named, each with its own reason. */
export function exempt(reasons: Reasons): Exempt {
  return (column) => reasons[column.name] ?? null;
}

/** Exempts the columns of Anthropic's own format. */
export function exemptAnthropic(reason: NotApplicable, others: Reasons = {}): Exempt {
  return (column) => (column.isAnthropic ? reason : (others[column.name] ?? null));
}

/** Exempts all columns but those named, each by the reason for its own format. */
export function only(names: readonly ColumnName[], reasonFor: (column: Column) => NotApplicable): Exempt {
  return (column) => (names.includes(column.name) ? null : reasonFor(column));
}

/** Exempts whole answers, where only a stream has what the line is about. */
export function exemptWhole(reasons: (column: Column) => NotApplicable | null): Exempt {
  return (column, mode) => (mode === 'whole' ? reasons(column) : null);
}
