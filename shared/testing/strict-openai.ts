/**
 * Parameters of Chat Completions that OpenAI documents. Strict servers answer 400 to any other, and a translator must
 * never send one.
 */
const TOP_LEVEL = new Set(
  `audio frequency_penalty logit_bias logprobs max_completion_tokens max_tokens messages metadata modalities model n
  parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort
  response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
  top_logprobs top_p user verbosity web_search_options`.split(/\s+/),
);
const MESSAGE_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  system: new Set(['role', 'content', 'name']),
  developer: new Set(['role', 'content', 'name']),
  user: new Set(['role', 'content', 'name']),
  assistant: new Set(['role', 'content', 'name', 'tool_calls', 'refusal', 'audio']),
  tool: new Set(['role', 'content', 'tool_call_id']),
};
const TOOL_ID_CHARACTERS_MAX = 40;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

type Fields = Readonly<Record<string, unknown>>;

/** What a strict server refuses in a request body, in OpenAI's words, or null. */
export function refuseOpenaiBody(body: Fields, refusedParameters: readonly string[] = []): string | null {
  for (const name of Object.keys(body)) {
    if (!TOP_LEVEL.has(name)) return `Unrecognized request argument supplied: ${name}`;
    if (refusedParameters.includes(name)) {
      return `Unsupported parameter: '${name}' is not supported with this model.`;
    }
  }
  if (!Array.isArray(body['messages']) || body['messages'].length === 0)
    return "Missing required parameter: 'messages'.";
  return refuseMessages(body['messages'] as Fields[]) ?? refuseTools(body['tools']);
}

function refuseMessages(messages: readonly Fields[]): string | null {
  let awaited = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const fields = MESSAGE_FIELDS[String(message['role'])];
    if (fields === undefined) return `Invalid value: '${String(message['role'])}' for messages[${index}].role.`;
    const unknown = Object.keys(message).find((name) => !fields.has(name));
    if (unknown !== undefined) return `Unknown parameter: 'messages[${index}].${unknown}'.`;
    if (message['role'] === 'tool') {
      const id = String(message['tool_call_id']);
      if (!awaited.delete(id)) {
        return `Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.`;
      }
      continue;
    }
    if (awaited.size > 0) {
      return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...awaited].join(', ')}`;
    }
    const ids = ((message['tool_calls'] ?? []) as Fields[]).map((call) => String(call['id']));
    const long = ids.find((id) => id.length > TOOL_ID_CHARACTERS_MAX);
    if (long !== undefined) return `Invalid 'messages[${index}].tool_calls[0].id': string too long.`;
    awaited = new Set(ids);
  }
  return awaited.size === 0 ? null : `tool_call_ids did not have response messages: ${[...awaited].join(', ')}`;
}

function refuseTools(tools: unknown): string | null {
  if (tools === undefined) return null;
  if (!Array.isArray(tools) || tools.length === 0) return "Invalid 'tools': empty array.";
  for (const [index, tool] of (tools as Fields[]).entries()) {
    if (tool['type'] !== 'function') return `Invalid value: '${String(tool['type'])}' for tools[${index}].type.`;
    const name = String((tool['function'] as Fields | undefined)?.['name']);
    if (!TOOL_NAME.test(name)) return `Invalid 'tools[${index}].function.name': string does not match pattern.`;
  }
  return null;
}
