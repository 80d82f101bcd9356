/**
 * What Anthropic refuses in a request of the Messages API, by its reference and the errors that users report. Clouds
 * that host its models refuse `model` in the body, and Bedrock `stream`.
 */
const TOP_LEVEL = new Set(
  `model messages max_tokens system tools tool_choice stop_sequences stream temperature top_p top_k thinking metadata
  output_config service_tier container context_management mcp_servers inference_geo cache_control`.split(/\s+/),
);
const HOSTED_LEVEL = new Set(
  `anthropic_version anthropic_beta messages max_tokens system tools tool_choice stop_sequences temperature top_p top_k
  thinking metadata output_config context_management stream`.split(/\s+/),
);
const BLOCKS: Readonly<Record<string, ReadonlySet<string>>> = {
  user: new Set(['text', 'image', 'document', 'tool_result', 'search_result']),
  assistant: new Set(['text', 'thinking', 'redacted_thinking', 'tool_use']),
};
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const TOOL_ID = /^[a-zA-Z0-9_-]+$/;

type Fields = Readonly<Record<string, unknown>>;

export type AnthropicHostName = 'anthropic' | 'bedrock' | 'vertex';

const HOST_VERSIONS = { bedrock: 'bedrock-2023-05-31', vertex: 'vertex-2023-10-16' } as const;

/** The first fault of a request, in words like those of the service, or null. */
export function refuseAnthropicBody(
  body: Fields,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  host: AnthropicHostName = 'anthropic',
): string | null {
  if (host === 'anthropic') {
    if (headers['anthropic-version'] === undefined) return 'anthropic-version: header is required';
  } else if (body['anthropic_version'] !== HOST_VERSIONS[host]) return 'anthropic_version: Field required';
  const known = host === 'anthropic' ? TOP_LEVEL : HOSTED_LEVEL;
  const isUnknown = (name: string) => !known.has(name) || (host === 'bedrock' && name === 'stream');
  const unknown = Object.keys(body).find(isUnknown);
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  if (!Array.isArray(body['messages']) || body['messages'].length === 0) return 'messages: at least one is required';
  return refuseMessages(body['messages'] as Fields[]) ?? refuseTools(body['tools']);
}

function refuseMessages(messages: readonly Fields[]): string | null {
  let awaited: readonly string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const known = BLOCKS[String(role)];
    if (known === undefined) return `messages.${index}.role: Input should be 'user' or 'assistant'`;
    const blocks = (typeof content === 'string' ? [{ type: 'text', text: content }] : content) as Fields[];
    const fault = refuseBlocks(blocks, known, `messages.${index}.content`);
    if (fault !== null) return fault;
    const results = blocks.filter(({ type }) => type === 'tool_result').map((block) => String(block['tool_use_id']));
    const missing = awaited.find((id) => !results.includes(id));
    if (missing !== undefined)
      return `tool_use ids were found without tool_result blocks immediately after: ${missing}`;
    const orphan = results.find((id) => !awaited.includes(id));
    if (orphan !== undefined) return `unexpected tool_use_id found in tool_result blocks: ${orphan}`;
    awaited = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id));
  }
  return awaited.length === 0 ? null : 'tool_use ids were found without tool_result blocks';
}

function refuseBlocks(blocks: readonly Fields[], known: ReadonlySet<string>, path: string): string | null {
  for (const [index, block] of blocks.entries()) {
    const { type } = block;
    if (!known.has(String(type)))
      return `${path}.${index}: Input tag '${String(type)}' does not match any of the expected`;
    if (type === 'text' && String(block['text']).trim() === '') return 'text content blocks must be non-empty';
    if (type === 'thinking' && typeof block['signature'] !== 'string')
      return `${path}.${index}.signature: Field required`;
    if (type === 'tool_use' && !TOOL_ID.test(String(block['id']))) return `${path}.${index}.id: String should match`;
    if (type === 'tool_use' && typeof block['input'] !== 'object') return `${path}.${index}.input: not a dictionary`;
  }
  return null;
}

function refuseTools(tools: unknown): string | null {
  for (const [index, tool] of ((tools ?? []) as Fields[]).entries()) {
    if (!TOOL_NAME.test(String(tool['name']))) return `tools.${index}.name: String should match pattern`;
    const isCustom = tool['type'] === undefined || tool['type'] === 'custom';
    const schema = tool['input_schema'] as Fields | undefined;
    if (isCustom && schema?.['type'] !== 'object') return `tools.${index}.input_schema.type: Field required`;
  }
  return null;
}
