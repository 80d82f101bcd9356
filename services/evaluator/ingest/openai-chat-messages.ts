import * as z from 'zod';
import { createToolUseId } from '#shared/formats/tool-id.ts';
import { parseToolInput } from '#shared/formats/tool-input.ts';

/** Recorded OpenAI Chat messages, as different harnesses write them. What is not used passes by. */
const partsSchema = z.array(z.looseObject({ type: z.string() }));
const textSchema = z.union([z.string(), partsSchema]).nullish();
const toolCallSchema = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string(), arguments: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
});

export const openaiChatMessageSchema = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), content: textSchema }),
  z.looseObject({ role: z.literal('developer'), content: textSchema }),
  z.looseObject({ role: z.literal('user'), content: textSchema }),
  z.looseObject({ role: z.literal('tool'), tool_call_id: z.string(), content: textSchema }),
  z.looseObject({
    role: z.literal('assistant'),
    content: textSchema,
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCallSchema).nullish(),
  }),
]);

export const openaiChatToolSchema = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type OpenaiChatMessage = z.infer<typeof openaiChatMessageSchema>;
export type AssistantMessage = Extract<OpenaiChatMessage, { role: 'assistant' }>;
export type OpenaiChatTool = z.infer<typeof openaiChatToolSchema>;

export type ContentBlock = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A message in canonical form; its role `system` stands where the recording has one in mid-conversation. */
export interface CanonicalTurn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: readonly ContentBlock[];
}

/**
 * What the assistant said, as canonical blocks: text first, then its tool calls. Arguments that are no JSON object are
 * kept as they were written.
 *
 * @param turnId what ids of tool calls that have none are made of
 */
export function assistantBlocks(message: AssistantMessage, turnId: string): readonly ContentBlock[] {
  const said = [...textBlocks(message.content), ...textBlocks(message.refusal)];
  const calls = (message.tool_calls ?? []).map((call, index): ContentBlock => {
    const { name, arguments: given } = call.function;
    const input = typeof given === 'string' ? parseToolInput(given) : given;
    return { type: 'tool_use', id: call.id ?? createToolUseId(turnId, index), name, input };
  });
  return [...said, ...calls];
}

/** Any message but the assistant's. Tool results are the user's in canonical form. */
export function otherTurn(message: Exclude<OpenaiChatMessage, AssistantMessage>): CanonicalTurn {
  if (message.role === 'tool') {
    const { tool_call_id: id, content } = message;
    const result = typeof content === 'string' ? content : textBlocks(content);
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] };
  }
  return { role: message.role === 'user' ? 'user' : 'system', content: textBlocks(message.content) };
}

export function canonicalTool(tool: OpenaiChatTool): Readonly<Record<string, unknown>> {
  const { name, description, parameters } = tool.function;
  const described = description === undefined ? {} : { description };
  return { name, ...described, input_schema: parameters ?? { type: 'object', properties: {} } };
}

function textBlocks(content: z.infer<typeof textSchema>): readonly ContentBlock[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.map(canonicalPart);
}

const imageSchema = z.looseObject({ image_url: z.looseObject({ url: z.string() }) });
const DATA_URL = /^data:([a-z0-9.+/-]{1,100});base64,/i;

/** Parts of kinds that are not known are kept as the text of their JSON: a judge can still read them. */
function canonicalPart(part: z.infer<typeof partsSchema>[number]): ContentBlock {
  if (typeof part['text'] === 'string') return { type: 'text', text: part['text'] };
  const image = imageSchema.safeParse(part).data?.image_url.url;
  if (image === undefined) return { type: 'text', text: JSON.stringify(part) };
  const mediaType = DATA_URL.exec(image)?.[1];
  if (mediaType === undefined) return { type: 'image', source: { type: 'url', url: image } };
  const data = image.slice(image.indexOf(',') + 1);
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
}
