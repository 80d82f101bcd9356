type JsonSchema = Readonly<Record<string, unknown>>;

/** What a teacher proposes, by what the facts of the cluster speak of. */
const PROPOSALS: readonly (readonly [RegExp, string])[] = [
  [
    /parallel_collapsed|concatenated|collapsed|merged/i,
    'Make each tool call in a block of its own. Never put the arguments of two calls into one call: one call per block, one JSON object per call.',
  ],
  [
    /args_malformed_json|no JSON|truncated/i,
    'Write the arguments of every tool call as one complete JSON object, with double quotes and nothing after it.',
  ],
  [/unknown_tool/i, 'Call only tools that are listed, by their exact names.'],
  [/missing_required/i, 'Before you call a tool, fill in every required argument of its schema.'],
  [/failing_call_repeated/i, 'When a tool call fails, change its arguments before you call it again.'],
];
const GENERAL_PROPOSAL = 'Check every tool call against the schema of its tool before you send it.';
const DEPTH_MAX = 8;

/** An answer of the asked schema, its texts filled with the proposal for the stated facts. */
export function teachFrom(userText: string, schema: JsonSchema): unknown {
  const proposal = PROPOSALS.find(([sign]) => sign.test(userText))?.[1] ?? GENERAL_PROPOSAL;
  return fill(schema, proposal, 0);
}

function fill(schema: JsonSchema | undefined, text: string, depth: number): unknown {
  if (schema === undefined || depth > DEPTH_MAX) return null;
  const choices = schema['enum'];
  if (Array.isArray(choices)) return choices[0];
  const type = Array.isArray(schema['type']) ? (schema['type'] as unknown[])[0] : schema['type'];
  switch (type) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
      const entries = Object.entries(properties).map(([name, member]) => [name, fill(member, text, depth + 1)]);
      return Object.fromEntries(entries);
    }
    case 'array':
      return [fill(schema['items'] as JsonSchema | undefined, text, depth + 1)];
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return text;
  }
}
