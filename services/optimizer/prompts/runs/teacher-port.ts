import { storableText } from '#shared/database/columns.ts';
import type { Database } from '#shared/database/connect.ts';
import { reserveExpenses, settleExpenses } from '#shared/database/prompts/expense-store.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { teachKey } from '../contract/evaluation-key.ts';
import type { TeachRequest } from '../contract/requests.ts';
import type { Teacher, TeacherReply } from '../contract/search-ports.ts';
import { asMoney } from './replay-evaluator.ts';

interface TeacherRun {
  readonly projectId: string;
  readonly promptRunId: string;
  readonly budgetUsd: number;
}

/** A teacher whose price nobody knows is charged as a dear one, so that its budget binds sooner and not later. */
const UNKNOWN_PRICE_USD = 0.25;

/** The configured model as a search asks it; what it may cost is set aside before it is asked. */
export function createTeacherPort(database: Database, llm: Llm, run: TeacherRun): Teacher {
  const model = `${llm.provider}/${llm.model}`;
  const most = ({ system, user, maxOutputTokens }: TeachRequest) =>
    asMoney(llm.estimateCostUsd(system.length + user.length, maxOutputTokens) ?? UNKNOWN_PRICE_USD);
  return {
    model,
    most,
    async teach(request, signal): Promise<TeacherReply> {
      const key = teachKey(request, model);
      const mostUsd = most(request);
      if (!(await reserveExpenses(database, run, [{ key, kind: 'teacher', mostUsd }]))) {
        return { status: 'failed', message: 'the budget is spent', retryable: false, costUsd: 0 };
      }
      const reply = await llm.completeStructured({ ...request, signal });
      signal.throwIfAborted();
      const costUsd = Math.min(mostUsd, asMoney(reply.costUsd ?? (reply.ok ? UNKNOWN_PRICE_USD : 0)));
      await settleExpenses(database, run.promptRunId, [{ key, spentUsd: costUsd }]);
      if (!reply.ok) {
        const { kind, message } = reply.error;
        return { status: 'failed', message: storableText(message), retryable: kind === 'retryable', costUsd };
      }
      // Clients that ask through a tool have the value alone.
      const text = reply.text === '' ? JSON.stringify(reply.value ?? '') : reply.text;
      return { status: 'answered', text: storableText(text), costUsd };
    },
  };
}
