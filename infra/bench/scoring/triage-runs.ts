import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseToolInput } from '#shared/formats/tool-input.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { deriveChecks } from '../../../services/evaluator/triage/derive-checks.ts';
import type { TriageExample } from '../../../services/evaluator/triage/fit-triage-model.ts';
import { triageFeatures } from '../../../services/evaluator/triage/triage-features.ts';
import { HARNESS_MARK, readPackedLines, type TauMessage, tauLabelSchema, tauRunSchema } from './tau-runs.ts';

type Block = Readonly<Record<string, unknown>>;
interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

/** Runs of tau-bench, each with what triage knows of it and the reward that it got. */
export function readTauExamples(dataFolder: string): readonly TriageExample[] {
  const folder = join(dataFolder, 'tau-bench');
  return examplesOf(join(folder, 'airline-gpt-4o.jsonl.gz'), join(folder, 'labels.jsonl.gz'), 'tau airline');
}

/** Runs of tau2-bench; tasks of one domain are the same in all of its files. */
export function readTau2Examples(dataFolder: string): readonly TriageExample[] {
  const folder = join(dataFolder, 'tau2-bench');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz') && !name.endsWith('.labels.jsonl.gz'))
    .sort();
  return files.flatMap((name) => {
    const domain = /_(airline|retail|telecom)/.exec(name)?.[1] ?? name;
    const labels = join(folder, name.replace('.jsonl.gz', '.labels.jsonl.gz'));
    return examplesOf(join(folder, name), labels, `tau2 ${domain}`);
  });
}

function examplesOf(runsFile: string, labelsFile: string, domain: string): readonly TriageExample[] {
  const key = (row: { readonly task_id: string; readonly trial: number }) => `${row.task_id} ${row.trial}`;
  const rewards = new Map(readPackedLines(labelsFile, tauLabelSchema).map((label) => [key(label), label.reward]));
  return readPackedLines(runsFile, tauRunSchema).flatMap((run): TriageExample[] => {
    const reward = rewards.get(key(run));
    if (reward === undefined) return [];
    return [{ features: featuresOf(run.messages), label: reward >= 1 ? 1 : 0, group: `${domain} ${run.task_id}` }];
  });
}

/** As a gateway sees the run: up to the last thing that the agent said, without what the user did out of its sight. */
function featuresOf(messages: readonly TauMessage[]): Readonly<Record<string, number>> {
  const turns = turnsOf(messages);
  const end = turns.findLastIndex((turn) => turn.role === 'assistant');
  const checks = { errors: 0, warnings: 0 };
  for (const [index, turn] of turns.entries()) {
    if (turn.role !== 'assistant') continue;
    const found = deriveChecks(subjectAt(turns, index));
    checks.errors += found.errors;
    checks.warnings += found.warnings;
  }
  const subject = subjectAt(turns, end);
  if (subject.conversation === null) throw new TypeError('a run without a conversation');
  const replyCalls = subject.delivered?.toolCalls ?? [];
  return triageFeatures({ conversation: subject.conversation, replyCalls, checks });
}

function subjectAt(turns: readonly Turn[], end: number) {
  return createScoringSubject(
    {
      call: { status: 'ok', upstreamFormat: null, losses: [] },
      request: { messages: turns.slice(0, Math.max(0, end)) },
      response: turns[end] === undefined ? null : { role: 'assistant', content: turns[end].content },
      upstreamRaw: null,
    },
    null,
  );
}

function turnsOf(messages: readonly TauMessage[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const content = blocksOf(message);
    if (content.length === 0) continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    const continues = message.role === 'tool' && last?.role === 'user' && last.content[0]?.['type'] === 'tool_result';
    if (continues) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function blocksOf(message: TauMessage): Block[] {
  const { role, requestor, tool_calls: toolCalls } = message;
  if (role === 'system' || (role === 'tool' && requestor === 'user')) return [];
  if (role === 'tool') {
    const id = message.tool_call_id ?? message.id ?? '';
    return [{ type: 'tool_result', tool_use_id: id, content: message.content ?? '' }];
  }
  const text = (message.content ?? '').replace(HARNESS_MARK, '').trim();
  const said: Block[] = text === '' ? [] : [{ type: 'text', text }];
  if (role === 'user') return (toolCalls ?? []).length > 0 ? [] : said;
  const called = (toolCalls ?? []).map((call): Block => {
    const given = call.function?.arguments ?? call.arguments ?? {};
    const input = typeof given === 'string' ? parseToolInput(given) : given;
    return { type: 'tool_use', id: call.id ?? '', name: call.function?.name ?? call.name ?? '', input };
  });
  return [...said, ...called];
}
