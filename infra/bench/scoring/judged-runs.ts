import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  assistantBlocks,
  type CanonicalTurn,
  otherTurn,
} from '../../../services/evaluator/ingest/openai-chat-messages.ts';
import {
  readPackedLines,
  type TauLabel,
  type TauMessage,
  type TauRun,
  tauLabelSchema,
  tauRunSchema,
} from './tau-runs.ts';

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

/** The runs of a set of agent recordings below the folder of public data: `tau-bench` or `tau2-bench`. */
export function readJudgedRuns(dataFolder: string, set: 'tau-bench' | 'tau2-bench'): readonly JudgedRun[] {
  const folder = join(dataFolder, set);
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz') && !/labels/.test(name));
  return names.sort().flatMap((name) => {
    const own = name.replace('.jsonl.gz', '.labels.jsonl.gz');
    const labels = readPackedLines(join(folder, set === 'tau-bench' ? 'labels.jsonl.gz' : own), tauLabelSchema);
    const byRun = new Map(labels.map((label) => [`${label.task_id} ${label.trial}`, label]));
    return readPackedLines(join(folder, name), tauRunSchema).flatMap((run) => {
      const label = byRun.get(`${run.task_id} ${run.trial}`);
      return label === undefined ? [] : (toRun(name.replace('.jsonl.gz', ''), run, label) ?? []);
    });
  });
}

function toRun(file: string, run: TauRun, label: TauLabel): JudgedRun | null {
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

function isSeenByAgent(message: TauMessage): boolean {
  if (message.role === 'user') return (message.tool_calls?.length ?? 0) === 0;
  return message.role !== 'tool' || message.requestor !== 'user';
}

function toTurn(message: TauMessage, turnId: string): CanonicalTurn {
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
