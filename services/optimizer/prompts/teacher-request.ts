import * as z from 'zod';
import { PREFIX_LENGTH_MAX } from './check-candidate.ts';

/** All that the teacher learns of a cluster: facts in our own words, never a text of the traffic. */
export interface ClusterFeatures {
  readonly check: string;
  readonly stage: string;
  readonly expectedVsActual: string;
  readonly turnShape: string;
  readonly failures: number;
  readonly sessions: number;
}

export const teacherReplySchema = z.object({ prefix: z.string() });

/** In the subset that strict structured outputs take. */
export const TEACHER_JSON_SCHEMA = {
  type: 'object',
  properties: { prefix: { type: 'string' } },
  required: ['prefix'],
  additionalProperties: false,
} as const;

export const TEACHER_OUTPUT_TOKENS_MAX = 2_000;

/** What each check demands, so that the teacher need not guess from its name. */
const DEMANDS: Readonly<Record<string, string>> = {
  parallel_collapsed:
    'Every tool call is its own call with its own JSON object of arguments; several are never merged into one.',
  args_malformed_json:
    'The arguments of a tool call are exactly one valid JSON object, without fences, comments or other text.',
  unknown_tool: 'Only tools of the given list are called, by their exact names.',
  missing_required: 'Every required argument of the tool schema is given.',
  failing_call_repeated: 'A tool call that has failed is not repeated with the same arguments.',
  tool_result_error: 'Arguments fit the schema and the meaning of the tool, so that it accepts the call.',
};

const SYSTEM = `You improve how a language model uses tools. You write a short prefix that is put before the system prompt of an agent, to prevent one class of failure.
Rules for the prefix: at most ${PREFIX_LENGTH_MAX} characters of plain English instructions; say what to do, in general terms; no URLs, no names of people, products or files, no quotations, no role names followed by a colon, no markup; nothing that changes the task, the style or the language of answers.
Answer with JSON: {"prefix": "..."}.`;

export function teacherRequest(
  features: ClusterFeatures,
  seedPrefix: string | null,
): { readonly system: string; readonly user: string } {
  const facts = { ...features, demand: DEMANDS[features.check] ?? 'The check named above holds.' };
  const seed = seedPrefix === null ? 'There is no prefix yet.' : `The present prefix, to be improved:\n${seedPrefix}`;
  return { system: SYSTEM, user: `Failure facts:\n${JSON.stringify(facts, null, 2)}\n\n${seed}` };
}
