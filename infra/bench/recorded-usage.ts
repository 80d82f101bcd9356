import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { parseToolInput } from '#shared/formats/tool-input.ts';

/** A turn of the agent with what it cost, and the messages that came into the conversation since the one before. */
export interface RecordedTurn {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** What the model wrote, in canonical form. */
  readonly answer: readonly ContentBlock[];
  /** Null on a run's first turn, which has nothing to be compared with. */
  readonly growth: { readonly promptTokens: number; readonly messages: CanonicalBody['messages'] } | null;
}

type ContentBlock = { readonly type: string } & Readonly<Record<string, unknown>>;

const RUN_FILES = /^gpt-4\.1_(?!.*labels).*\.jsonl\.gz$/;

const toolCallSchema = z.looseObject({ id: z.string(), name: z.string(), arguments: z.unknown() });
const rawCallSchema = z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }) });
const messageSchema = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  id: z.string().nullish(),
  content: z.string().nullish(),
  tool_calls: z.array(toolCallSchema).nullish(),
  requestor: z.string().nullish(),
  usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  raw_data: z.looseObject({ message: z.looseObject({ tool_calls: z.array(rawCallSchema).nullish() }) }).nullish(),
});
const runSchema = z.looseObject({ messages: z.array(messageSchema) });

type RecordedMessage = z.infer<typeof messageSchema>;

/** The agent's turns of every gpt-4.1 run of a folder of tau2-bench recordings, run by run. */
export function readRecordedRuns(folder: string): readonly (readonly RecordedTurn[])[] {
  return readdirSync(folder)
    .filter((name) => RUN_FILES.test(name))
    .sort()
    .flatMap((name) =>
      gunzipSync(readFileSync(join(folder, name)))
        .toString('utf8')
        .split('\n'),
    )
    .filter((line) => line !== '')
    .map((line) => turnsOf(runSchema.parse(JSON.parse(line)).messages));
}

function turnsOf(messages: readonly RecordedMessage[]): RecordedTurn[] {
  const turns: RecordedTurn[] = [];
  let added: CanonicalBody['messages'] = [];
  let previous: number | null = null;
  for (const message of messages.filter(isSeenByAgent)) {
    if (message.role === 'assistant' && message.usage != null) {
      const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = message.usage;
      const growth = previous === null ? null : { promptTokens: promptTokens - previous, messages: added };
      turns.push({ promptTokens, completionTokens, answer: assistantBlocks(message), growth });
      previous = promptTokens;
      added = [];
    }
    added = addMessage(added, message);
  }
  return turns;
}

/** The simulated user has tools of its own; neither its calls nor their results are in the agent's conversation. */
function isSeenByAgent(message: RecordedMessage): boolean {
  if (message.role === 'user') return (message.tool_calls?.length ?? 0) === 0;
  return message.role !== 'tool' || message.requestor === 'assistant';
}

function addMessage(messages: CanonicalBody['messages'], message: RecordedMessage): CanonicalBody['messages'] {
  const role = message.role === 'assistant' ? 'assistant' : 'user';
  const content = message.role === 'tool' ? [resultBlock(message)] : assistantBlocks(message);
  return [...messages, { role, content } as unknown as CanonicalBody['messages'][number]];
}

function resultBlock(message: RecordedMessage): ContentBlock {
  return { type: 'tool_result', tool_use_id: message.id ?? '', content: message.content ?? '' };
}

/** Arguments as the provider sent them where the recording has its reply: a parsed 2.0 would have become 2. */
function assistantBlocks(message: RecordedMessage): ContentBlock[] {
  const text = message.content ?? '';
  const raw = message.raw_data?.message.tool_calls ?? [];
  const calls = (message.tool_calls ?? []).map((call, index): ContentBlock => {
    const written = raw[index]?.function.arguments;
    const input = written === undefined ? call.arguments : parseToolInput(written);
    return { type: 'tool_use', id: call.id, name: call.name, input };
  });
  return [...(text === '' ? [] : [{ type: 'text', text }]), ...calls];
}
