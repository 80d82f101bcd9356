/**
 * Parameters of the Responses API that OpenAI documents. Strict servers answer 400 to any other, and a translator must
 * never send one.
 */
const TOP_LEVEL = new Set(
  `background conversation include input instructions max_output_tokens max_tool_calls metadata model
  parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_retention reasoning safety_identifier
  service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation
  user`.split(/\s+/),
);
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const CALL_ID_CHARACTERS_MAX = 64;
const OUTPUT_TOKENS_MIN = 16;

type Fields = Readonly<Record<string, unknown>>;

function refuseInput(input: readonly Fields[]): string | null {
  const called = new Set<string>();
  const answered = new Set<string>();
  for (const [index, item] of input.entries()) {
    const id = String(item['call_id']);
    if (item['type'] === 'function_call') {
      if (id.length > CALL_ID_CHARACTERS_MAX) return `Invalid 'input[${index}].call_id': string too long.`;
      if (called.has(id)) return `Duplicate call_id ${id}.`;
      called.add(id);
    } else if (item['type'] === 'function_call_output') {
      if (!called.has(id)) return `No tool call found for function call output with call_id ${id}.`;
      answered.add(id);
    } else if (item['type'] === 'reasoning') {
      const next = input[index + 1];
      if (next === undefined || (next['role'] !== undefined && next['role'] !== 'assistant')) {
        return `Item of type 'reasoning' was provided without its required following item.`;
      }
    }
  }
  const open = [...called].find((id) => !answered.has(id));
  return open === undefined ? null : `No tool output found for function call ${open}.`;
}

/** What a strict server refuses in a request body, in OpenAI's words, or null. */
export function refuseResponsesBody(body: Fields): string | null {
  for (const name of Object.keys(body)) if (!TOP_LEVEL.has(name)) return `Unknown parameter: '${name}'.`;
  const limit = body['max_output_tokens'];
  if (typeof limit === 'number' && limit < OUTPUT_TOKENS_MIN) return "Invalid 'max_output_tokens': below minimum.";
  for (const [index, tool] of ((body['tools'] ?? []) as Fields[]).entries()) {
    if (!TOOL_NAME.test(String(tool['name']))) return `Invalid 'tools[${index}].name': string does not match pattern.`;
    if (tool['function'] !== undefined) return `Unknown parameter: 'tools[${index}].function'.`;
  }
  if (!Array.isArray(body['input']) || body['input'].length === 0) return "Missing required parameter: 'input'.";
  return refuseInput(body['input'] as Fields[]);
}
