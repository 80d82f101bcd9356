import * as z from 'zod';
import { replayOutputLimit } from '#shared/domain/replay-output-limit.ts';

/**
 * All that a search and its teacher learn of a stored call: counts and names of checks, in our own words. What users
 * wrote stays where it is, because what a teacher has read may find its way into everybody's prompts.
 */
export const rowFactsSchema = z.object({
  tools: z.int().nonnegative(),
  messages: z.int().nonnegative(),
  inputTokens: z.number().nonnegative(),
  cacheReadInputTokens: z.number().nonnegative(),
  outputTokens: z.number().nonnegative(),
  /** To which a replay's answer is limited. */
  outputTokensMax: z.number().nonnegative(),
  /** Tool calls of the stored answer. */
  toolCalls: z.int().nonnegative(),
});

export type RowFacts = z.infer<typeof rowFactsSchema>;

/** The facts of a stored call. */
export function rowFactsOf(
  call: { readonly inputTokens: number; readonly cacheReadInputTokens: number; readonly outputTokens: number },
  request: Readonly<Record<string, unknown>>,
  response: Readonly<Record<string, unknown>> | null,
): RowFacts {
  const thinking: unknown = request['thinking'];
  const budget =
    typeof thinking === 'object' && thinking !== null && 'budget_tokens' in thinking && thinking.budget_tokens;
  return {
    tools: lengthOf(request['tools']),
    messages: lengthOf(request['messages']),
    inputTokens: call.inputTokens,
    cacheReadInputTokens: call.cacheReadInputTokens,
    outputTokens: call.outputTokens,
    outputTokensMax: replayOutputLimit(call.outputTokens, numberOf(request['max_tokens']), numberOf(budget)),
    toolCalls: toolCallsOf(response),
  };
}

/** A row as critics read it. */
export function describeRow(facts: RowFacts, cell: { readonly turnShape: string }, failing: boolean): string {
  const offered = facts.tools === 0 ? 'no tools' : facts.tools === 1 ? '1 tool' : `${facts.tools} tools`;
  const stored = `stored answer with ${facts.toolCalls} tool ${facts.toolCalls === 1 ? 'call' : 'calls'}`;
  const outcome = failing ? 'failed in traffic' : 'worked in traffic';
  return `turn ${cell.turnShape}: ${offered}, ${facts.messages} messages, ${facts.inputTokens} input tokens; ${stored}, ${outcome}`;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 ? value : null;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function toolCallsOf(response: Readonly<Record<string, unknown>> | null): number {
  const content: readonly unknown[] = Array.isArray(response?.['content']) ? response['content'] : [];
  return content.filter(
    (block) => typeof block === 'object' && block !== null && 'type' in block && block.type === 'tool_use',
  ).length;
}
