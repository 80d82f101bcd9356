import { canonicalJson } from '#shared/content-hash.ts';
import type { JudgedRun } from './judged-runs.ts';

/** A call of an agent that changes something, at the point where it made it. */
export interface JudgedWrite {
  readonly id: string;
  readonly group: string;
  readonly request: JudgedRun['request'];
  readonly response: JudgedRun['response'];
  /** Whether the task wanted just this call. */
  readonly right: boolean;
}

const READING = /^(get|list|find|search|check|read|fetch|calculate|think|transfer)(_|$)/;

/** The writes of a run whose wanted calls are known; turns with several calls at once have no verdict of one. */
export function writesOf(run: JudgedRun): readonly JudgedWrite[] {
  if (run.wanted.length === 0) return [];
  const wanted = new Set(run.wanted.map((call) => identityOf(call.name, call.arguments)));
  const turns = [...run.request.messages, run.response];
  return turns.flatMap((turn, index): JudgedWrite[] => {
    if (turn.role !== 'assistant') return [];
    const calls = turn.content.filter((block) => block.type === 'tool_use');
    const [call] = calls;
    const name = String(call?.['name'] ?? '');
    if (call === undefined || calls.length > 1 || READING.test(name)) return [];
    return [
      {
        id: `${run.id} ${index}`,
        group: run.group,
        request: { ...run.request, messages: run.request.messages.slice(0, index) },
        response: { role: 'assistant', content: turn.content },
        right: wanted.has(identityOf(name, call['input'])),
      },
    ];
  });
}

function identityOf(name: string, input: unknown): string {
  return `${name} ${canonicalJson(input ?? {})}`;
}
