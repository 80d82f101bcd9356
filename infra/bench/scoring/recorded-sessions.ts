import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseToolInput } from '#shared/formats/tool-input.ts';
import type { ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';
import {
  HARNESS_MARK,
  readPackedLines,
  type TauMessage,
  type TauToolCall,
  tauLabelSchema,
  tauRunSchema,
} from './tau-runs.ts';

export type Block = Readonly<Record<string, unknown>>;

/** One message of a recorded conversation, as a gateway would have seen it. */
export interface SessionMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
  readonly outputTokens: number | null;
  /** The provider's own message where it was recorded. */
  readonly rawMessage: unknown;
}

/** One recorded run of an agent. */
export interface RecordedSession {
  readonly set: 'tau' | 'tau2';
  readonly id: string;
  readonly model: string;
  /** Whether the run did its task, by the state of the database at its end. No scorer is told. */
  readonly passed: boolean;
  readonly system: string | null;
  readonly messages: readonly SessionMessage[];
}

/** The runs of tau-bench and tau2-bench below a folder of public data. */
export function readRecordedSessions(dataFolder: string): readonly RecordedSession[] {
  const tau = join(dataFolder, 'tau-bench');
  const tau2 = join(dataFolder, 'tau2-bench');
  const files = readdirSync(tau2).filter((name) => name.endsWith('.jsonl.gz') && !name.endsWith('.labels.jsonl.gz'));
  return [
    ...sessionsOf('tau', 'gpt-4o', join(tau, 'airline-gpt-4o.jsonl.gz'), join(tau, 'labels.jsonl.gz')),
    ...files.sort().flatMap((name) => {
      const model = name.startsWith('toolorchestra') ? 'toolorchestra' : 'gpt-4.1';
      return sessionsOf('tau2', model, join(tau2, name), join(tau2, name.replace('.jsonl.gz', '.labels.jsonl.gz')));
    }),
  ];
}

/** Every answer of the agent as a stored call, with the request that followed it. */
export function callsOf(
  session: RecordedSession,
): readonly { readonly content: ScoredContent; readonly next: ScoredContent['request']; readonly index: number }[] {
  const { messages } = session;
  return messages.flatMap((message, index) => {
    if (message.role !== 'assistant' || index === 0) return [];
    const following = messages.findIndex((other, at) => at > index && other.role === 'assistant');
    const next =
      index + 1 >= messages.length ? null : requestOf(session, following === -1 ? messages.length : following);
    return [{ content: contentOf(session, index), next, index }];
  });
}

/** The call whose answer is the message at this place. */
export function contentOf(session: RecordedSession, index: number): ScoredContent {
  const message = session.messages[index];
  const content = message?.content ?? [];
  const calls = content.some((block) => block['type'] === 'tool_use');
  const usage =
    message?.outputTokens == null ? {} : { usage: { input_tokens: 0, output_tokens: message.outputTokens } };
  return {
    call: { status: 'ok', upstreamFormat: 'openai-chat', losses: [], responseModel: session.model },
    request: requestOf(session, index),
    response: { role: 'assistant', content, stop_reason: calls ? 'tool_use' : 'end_turn', ...usage },
    upstreamRaw: null,
  };
}

/** The request that the messages before a place make up. */
export function requestOf(session: RecordedSession, end: number): Readonly<Record<string, unknown>> {
  const messages = session.messages.slice(0, end).map(({ role, content }) => ({ role, content }));
  return { ...(session.system === null ? {} : { system: session.system }), messages };
}

function sessionsOf(
  set: RecordedSession['set'],
  model: string,
  runsFile: string,
  labelsFile: string,
): readonly RecordedSession[] {
  const key = (row: { readonly task_id: string; readonly trial: number }) => `${row.task_id} ${row.trial}`;
  const rewards = new Map(readPackedLines(labelsFile, tauLabelSchema).map((label) => [key(label), label.reward]));
  return readPackedLines(runsFile, tauRunSchema).map((run) => ({
    set,
    id: `${runsFile} ${key(run)}`,
    model,
    passed: (rewards.get(key(run)) ?? 0) >= 1,
    system: run.messages.find(({ role }) => role === 'system')?.content ?? null,
    messages: messagesOf(run.messages),
  }));
}

function messagesOf(recorded: readonly TauMessage[]): readonly SessionMessage[] {
  const messages: SessionMessage[] = [];
  for (const message of recorded) {
    const content = blocksOf(message);
    if (content.length === 0) continue;
    const last = messages.at(-1);
    const isMore = message.role === 'tool' && last?.role === 'user' && last.content[0]?.['type'] === 'tool_result';
    if (isMore) messages[messages.length - 1] = { ...last, content: [...last.content, ...content] };
    else {
      const role = message.role === 'assistant' ? 'assistant' : 'user';
      const outputTokens = message.usage?.completion_tokens ?? null;
      messages.push({ role, content, outputTokens, rawMessage: message.raw_data?.message ?? null });
    }
  }
  return messages;
}

/** The simulated user has tools of its own; what it does with them is not seen by the agent, nor by a gateway. */
function blocksOf(message: TauMessage): readonly Block[] {
  const { role, requestor, tool_calls: toolCalls } = message;
  if (role === 'system' || (role === 'tool' && requestor === 'user')) return [];
  if (role === 'tool') {
    const id = message.tool_call_id ?? message.id ?? '';
    return [{ type: 'tool_result', tool_use_id: id, content: message.content ?? '' }];
  }
  const text = (message.content ?? '').replace(HARNESS_MARK, '').trim();
  const said: Block[] = text === '' ? [] : [{ type: 'text', text }];
  if (role === 'user') return (toolCalls ?? []).length > 0 ? [] : said;
  return [...said, ...(toolCalls ?? []).map(callBlock)];
}

function callBlock(call: TauToolCall): Block {
  const given = call.function?.arguments ?? call.arguments ?? {};
  const input = typeof given === 'string' ? parseToolInput(given) : given;
  return { type: 'tool_use', id: call.id ?? '', name: call.function?.name ?? call.name ?? '', input };
}
