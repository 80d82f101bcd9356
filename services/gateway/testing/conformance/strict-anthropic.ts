import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { fields, list } from './sent-request.ts';

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const TOOL_USE_ID = /^[a-zA-Z0-9_-]+$/;

function refuseBlocks(blocks: readonly JsonObject[], path: string): string | null {
  for (const [index, block] of blocks.entries()) {
    const at = `${path}.${index}`;
    if (block['type'] === 'text' && block['text'] === '') return `${at}: text content blocks must be non-empty`;
    if (block['type'] === 'thinking' && (typeof block['signature'] !== 'string' || block['signature'] === '')) {
      return `${at}: Invalid \`signature\` in \`thinking\` block`;
    }
    const id = block['id'] ?? block['tool_use_id'];
    if (id !== undefined && !TOOL_USE_ID.test(String(id))) return `${at}: id: String should match pattern`;
  }
  return null;
}

function idsOf(blocks: readonly JsonObject[], type: string, field: string): readonly string[] {
  return blocks.filter((block) => block['type'] === type).map((block) => String(block[field]));
}

function refusePairs(messages: readonly JsonObject[]): string | null {
  let awaited: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'system') continue;
    const blocks = list(message['content']);
    const answered = idsOf(blocks, 'tool_result', 'tool_use_id');
    const orphan = answered.find((id) => !awaited.includes(id));
    if (orphan !== undefined) return `messages.${index}: unexpected \`tool_use_id\` found in tool_result: ${orphan}`;
    const open = awaited.find((id) => !answered.includes(id));
    if (open !== undefined) return `messages.${index}: \`tool_use\` ids were found without \`tool_result\`: ${open}`;
    awaited = message['role'] === 'assistant' ? idsOf(blocks, 'tool_use', 'id') : [];
  }
  return null;
}

/** Why Anthropic would answer 400 to a request, in its words; null when it would not. Unknown fields are the test's. */
export function refuseAnthropicBody(body: JsonObject): string | null {
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  const messages = list(body['messages']);
  if (messages.length === 0) return 'messages: at least one message is required';
  for (const [index, message] of messages.entries()) {
    const fault = refuseBlocks(list(message['content']), `messages.${index}.content`);
    if (fault !== null) return fault;
  }
  for (const tool of list(body['tools'])) {
    if (!TOOL_NAME.test(String(tool['name']))) return 'tools.0.name: String should match pattern';
    if (isJsonObject(tool['input_schema']) && tool['input_schema']['type'] !== 'object') {
      return 'tools.0.input_schema.type: Input should be "object"';
    }
  }
  return refusePairs(messages) ?? refuseThinking(body);
}

/** Models before the fourth generation's sixth release take a budget only. */
function refuseThinking(body: JsonObject): string | null {
  const model = String(body['model']);
  const isOld = /claude-(?:haiku|sonnet|opus)-4-[0-5](?:\D|$)/.test(model);
  return isOld && fields(body['thinking'])['type'] === 'adaptive'
    ? 'adaptive thinking is not supported on this model'
    : null;
}

/** What Bedrock and Vertex refuse beside: the model is in the path, and only flags that they know are taken. */
export function refuseHostedBody(body: JsonObject, version: string, modelOfPath: string): string | null {
  if (body['anthropic_version'] !== version) return 'anthropic_version: Field required';
  if (body['model'] !== undefined) return 'model: Extra inputs are not permitted';
  return refuseAnthropicBody({ ...body, model: modelOfPath });
}
