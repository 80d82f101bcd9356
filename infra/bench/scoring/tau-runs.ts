import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

/** A call of a tool: flat in some files, and below `function` in others. */
const toolCallSchema = z.looseObject({
  id: z.string().nullish(),
  name: z.string().optional(),
  arguments: z.unknown().optional(),
  function: z.looseObject({ name: z.string(), arguments: z.unknown() }).optional(),
});
const messageSchema = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string().nullish(),
  tool_calls: z.array(toolCallSchema).nullish(),
  /** The simulated user has tools of its own; what it does with them is not seen by the agent, nor by a gateway. */
  requestor: z.string().optional(),
  id: z.string().nullish(),
  tool_call_id: z.string().nullish(),
  usage: z.looseObject({ completion_tokens: z.number() }).nullish(),
  raw_data: z.looseObject({ message: z.unknown() }).nullish(),
  error: z.boolean().nullish(),
});
const taskId = z.union([z.string(), z.number()]).transform(String);
const actionSchema = z.looseObject({ name: z.string(), arguments: z.unknown(), requestor: z.string().optional() });

/** A run as tau-bench and tau2-bench record it. */
export const tauRunSchema = z.looseObject({ task_id: taskId, trial: z.number(), messages: z.array(messageSchema) });

/** What became of a run, by the state of the database at its end. */
export const tauLabelSchema = z.looseObject({
  task_id: taskId,
  trial: z.number(),
  reward: z.number(),
  action_checks: z.array(z.looseObject({ action: actionSchema })).nullish(),
});

export type TauMessage = z.infer<typeof messageSchema>;
export type TauToolCall = z.infer<typeof toolCallSchema>;
export type TauRun = z.infer<typeof tauRunSchema>;
export type TauLabel = z.infer<typeof tauLabelSchema>;

/** Marks by which the harness, and not a person, ends a conversation. */
export const HARNESS_MARK = /###[A-Z-]+###/g;

/** The rows of a packed file of JSON lines. */
export function readPackedLines<Row>(file: string, schema: z.ZodType<Row>): readonly Row[] {
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [schema.parse(JSON.parse(line))]));
}
