import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import {
  assistantBlocks,
  type CanonicalTurn,
  otherTurn,
} from '../../../services/evaluator/ingest/openai-chat-messages.ts';

/** A whole recorded run as a gateway would have stored its last call, with what became of it. */
export interface JudgedRun {
  readonly id: string;
  /** Runs of one task are alike: they are drawn together. */
  readonly group: string;
  readonly request: { readonly system?: string; readonly messages: readonly CanonicalTurn[] };
  readonly response: { readonly role: 'assistant'; readonly content: CanonicalTurn['content'] };
  readonly passed: boolean;
  /** Calls that the task wanted, by name and arguments; empty where they were not recorded. */
  readonly wanted: readonly { readonly name: string; readonly arguments: unknown }[];
}

const callSchema = z.looseObject({
  id: z.string().nullish(),
  name: z.string().optional(),
  arguments: z.unknown().optional(),
  function: z.looseObject({ name: z.string(), arguments: z.unknown() }).optional(),
});
const messageSchema = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string().nullish(),
  tool_calls: z.array(callSchema).nullish(),
  /** The simulated user has tools of its own, which the agent does not see. */
  requestor: z.string().optional(),
  id: z.string().nullish(),
  tool_call_id: z.string().nullish(),
});
const taskId = z.union([z.string(), z.number()]).transform(String);
const runSchema = z.looseObject({ task_id: taskId, trial: z.number(), messages: z.array(messageSchema) });
const labelSchema = z.looseObject({
  task_id: taskId,
  trial: z.number(),
  reward: z.number(),
  action_checks: z
    .array(
      z.looseObject({
        action: z.looseObject({ name: z.string(), arguments: z.unknown(), requestor: z.string().optional() }),
      }),
    )
    .nullish(),
});

type RecordedMessage = z.infer<typeof messageSchema>;

/** The runs of a set of agent recordings below the folder of public data: `tau-bench` or `tau2-bench`. */
export function readJudgedRuns(dataFolder: string, set: 'tau-bench' | 'tau2-bench'): readonly JudgedRun[] {
  const folder = join(dataFolder, set);
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz') && !/labels/.test(name));
  return names.sort().flatMap((name) => {
    const own = name.replace('.jsonl.gz', '.labels.jsonl.gz');
    const labels = readLines(join(folder, set === 'tau-bench' ? 'labels.jsonl.gz' : own), labelSchema);
    const byRun = new Map(labels.map((label) => [`${label.task_id} ${label.trial}`, label]));
    return readLines(join(folder, name), runSchema).flatMap((run) => {
      const label = byRun.get(`${run.task_id} ${run.trial}`);
      return label === undefined ? [] : (toRun(name.replace('.jsonl.gz', ''), run, label) ?? []);
    });
  });
}

function readLines<Row>(file: string, schema: z.ZodType<Row>): readonly Row[] {
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [schema.parse(JSON.parse(line))]));
}

function toRun(file: string, run: z.infer<typeof runSchema>, label: z.infer<typeof labelSchema>): JudgedRun | null {
  const seen = run.messages.filter(isSeenByAgent);
  const system = seen.find(({ role }) => role === 'system')?.content ?? null;
  const turns = seen
    .filter(({ role }) => role !== 'system')
    .map((message, index) => toTurn(message, `${run.task_id}-${index}`))
    .filter(({ content }) => content.length > 0);
  const end = turns.findLastIndex(({ role }) => role === 'assistant');
  const last = turns[end];
  if (last === undefined) return null;
  const domain = /airline|retail|telecom/.exec(file)?.[0] ?? 'airline';
  return {
    id: `${file} ${run.task_id} ${run.trial}`,
    group: `${domain} ${run.task_id}`,
    request: { ...(system === null ? {} : { system }), messages: turns.slice(0, end) },
    response: { role: 'assistant', content: last.content },
    passed: label.reward >= 1,
    wanted: (label.action_checks ?? [])
      .filter(({ action }) => action.requestor !== 'user')
      .map(({ action }) => ({ name: action.name, arguments: action.arguments })),
  };
}

function isSeenByAgent(message: RecordedMessage): boolean {
  if (message.role === 'user') return (message.tool_calls?.length ?? 0) === 0;
  return message.role !== 'tool' || message.requestor !== 'user';
}

function toTurn(message: RecordedMessage, turnId: string): CanonicalTurn {
  const { role, content } = message;
  if (role === 'tool') return otherTurn({ role, content, tool_call_id: message.tool_call_id ?? message.id ?? '' });
  if (role !== 'assistant') return otherTurn({ role, content });
  const calls = (message.tool_calls ?? []).map((call) => {
    const given = call.function?.arguments ?? call.arguments ?? {};
    const input = typeof given === 'string' ? given : JSON.stringify(given);
    return { id: call.id ?? null, function: { name: call.function?.name ?? call.name ?? '', arguments: input } };
  });
  return { role, content: assistantBlocks({ role, content, tool_calls: calls }, turnId) };
}
