import { parseJsonText } from '#shared/llm/parse-json-text.ts';
import type { Evaluator, Teacher } from '../../../../services/optimizer/prompts/contract/search-ports.ts';
import type { Chat, ChatReply } from './chat.ts';
import { mockReply, nonceOf } from './mock-reply.ts';
import { componentOf, type World } from './world.ts';

/** What was asked of the mock, by role. */
export interface MockLog {
  task: number;
  judge: number;
  teacher: number;
  inFlight: number;
  mostInFlight: number;
}

/** USD of a call, so that budgets of money have something to count. */
const TASK_USD = 0.001;
const JUDGE_USD = 0.001;
const TEACHER_USD = 0.01;

export const inProcess: Chat = async (request) => mockReply(request);

/** Evaluator and teacher of a world. Attempts are counted for each request, so that a repeat is another draw. */
export function createMockModels(
  world: World,
  chat: Chat,
): { readonly evaluator: Evaluator; readonly teacher: Teacher; readonly log: MockLog } {
  const log: MockLog = { task: 0, judge: 0, teacher: 0, inFlight: 0, mostInFlight: 0 };
  const attempts = new Map<string, number>();
  const attemptAt = (key: string) => {
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    return attempt;
  };
  const counted = async (role: 'task' | 'judge' | 'teacher', system: string, user: string, seed: number) => {
    log[role] += 1;
    log.inFlight += 1;
    log.mostInFlight = Math.max(log.mostInFlight, log.inFlight);
    try {
      const messages = [
        { role: 'system' as const, content: system },
        { role: 'user' as const, content: user },
      ];
      return await chat({ model: `${role}/${world.name}`, messages, seed });
    } finally {
      log.inFlight -= 1;
    }
  };
  const evaluator: Evaluator = {
    model: `task/${world.name}`,
    judgeVersion: '1',
    most: () => ({ judgeCalls: 1, costUsd: TASK_USD + JUDGE_USD }),
    async evaluate({ prompt, rowId, sample }) {
      const row = world.row(rowId);
      if (row === undefined) return failed('no such row', 0, 0);
      const text = componentOf(prompt, row);
      const attempt = attemptAt(`${text}\u0000${rowId}\u0000${sample}`);
      const answered = await counted('task', text, row.input, nonceOf(sample, attempt));
      if (!isUsable(answered) || !answered.content.startsWith('Case ')) return failed('no answer', 0, TASK_USD);
      const judged = await counted('judge', 'Judge the answer.', answered.content, nonceOf(sample, attempt));
      const verdict = isUsable(judged) ? readVerdict(judged.content) : null;
      const costUsd = TASK_USD + JUDGE_USD;
      if (verdict === null) return failed('no judgement', 1, costUsd);
      return { status: 'scored', ...verdict, output: answered.content, failed: [], judgeCalls: 1, costUsd };
    },
  };
  const teacher: Teacher = {
    model: `teacher/${world.name}`,
    most: () => TEACHER_USD,
    async teach({ system, user, draw }) {
      const attempt = attemptAt(`${user}\u0000${draw}`);
      const reply = await counted('teacher', system, user, nonceOf(draw, attempt));
      if (reply.status !== 200) return { status: 'failed', message: reply.content, retryable: true, costUsd: 0 };
      return { status: 'answered', text: reply.content, costUsd: TEACHER_USD };
    },
  };
  return { evaluator, teacher, log };
}

const isUsable = ({ status, content }: ChatReply) => status === 200 && content !== '';

function failed(message: string, judgeCalls: number, costUsd: number) {
  return { status: 'error' as const, message, retryable: true, judgeCalls, costUsd };
}

function readVerdict(content: string): { readonly score: number; readonly reason: string } | null {
  const value = parseJsonText(content);
  if (typeof value !== 'object' || value === null) return null;
  const { score, reason }: { score?: unknown; reason?: unknown } = value;
  return typeof score === 'number' && typeof reason === 'string' ? { score, reason } : null;
}
