import { type ContentInput, content, type ScorerCase } from './scorer-case.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    unit: { type: 'string', enum: ['celsius', 'fahrenheit'], default: 'celsius', description: 'Of the answer' },
    place: { $ref: '#/$defs/Place' },
    when: { oneOf: [{ type: 'string', format: 'date' }, { type: 'integer' }] },
    days: { type: ['integer', 'null'], minimum: 1 },
  },
  required: ['place'],
  $defs: { Place: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};
const TOOL = { name: 'get_weather', description: 'The weather of a place', input_schema: SCHEMA };
const PROPERTIES = SCHEMA.properties;

/** A call whose upstream was told of the tool with other properties, or with another schema altogether. */
function sent(
  properties: object,
  more: { readonly schema?: object; readonly description?: string; readonly input?: ContentInput } = {},
) {
  const parameters = { ...SCHEMA, properties: { ...PROPERTIES, ...properties }, ...more.schema };
  const called = { name: 'get_weather', description: more.description ?? TOOL.description, parameters };
  const body = { tools: [{ type: 'function', function: called }] };
  return content({
    ...{ text: 'Done.', tools: [TOOL] },
    upstreamRequest: { format: 'openai-chat', body, isExact: true, prefix: null },
    ...more.input,
  });
}

const upstream = (format: string, body: Readonly<Record<string, unknown>>, isExact = true): ScorerCase['content'] =>
  content({ text: 'Done.', tools: [TOOL], upstreamRequest: { format, body, isExact, prefix: null } });
const lost = (name: string, of: ScorerCase['content'], keyword: string): ScorerCase => ({
  name,
  content: of,
  outcome: 'fail',
  owner: 'gateway',
  severity: 'error',
  expectedVsActual: `schema sent whole -> ${keyword} lost`,
});

export const LOST_SCHEMA_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  schema_lost_in_translation: [
    lost('values that were dropped', sent({ unit: { ...PROPERTIES.unit, enum: undefined } }), 'enum'),
    lost('a default that was dropped', sent({ unit: { ...PROPERTIES.unit, default: undefined } }), 'default'),
    lost(
      'a description that was dropped',
      sent({ unit: { ...PROPERTIES.unit, description: undefined } }),
      'description',
    ),
    lost('a reference that leads nowhere', sent({ place: {} }), 'required'),
    lost('alternatives that were dropped', sent({ when: {} }), 'alternatives'),
    lost('a property that was dropped', sent({}, { schema: { properties: { unit: PROPERTIES.unit } } }), 'property'),
    lost('what is required', sent({}, { schema: { required: [] } }), 'required'),
    lost('another description of the tool', sent({}, { description: 'Weather' }), 'description'),
    lost('a bound that was dropped', sent({ days: { type: 'integer', nullable: true } }), 'minimum'),
    lost('a type that was dropped', sent({ days: { minimum: 1 } }), 'type'),
    lost('a tool that was dropped', upstream('openai-chat', { tools: [] }), 'tool'),
    { name: 'the same', content: sent({}), outcome: 'pass' },
    { name: 'a reference written out', content: sent({ place: SCHEMA.$defs.Place }), outcome: 'pass' },
    { name: 'anyOf for oneOf', content: sent({ when: { anyOf: PROPERTIES.when.oneOf } }), outcome: 'pass' },
    {
      name: 'a nullable type',
      content: sent({ days: { type: 'INTEGER', nullable: true, minimum: 1 } }),
      outcome: 'pass',
    },
    { name: 'more than was said', content: sent({}, { schema: { additionalProperties: false } }), outcome: 'pass' },
    {
      name: 'a loss that the ledger tells',
      content: sent(
        { unit: {} },
        { input: { losses: [{ kind: 'dropped', pointer: '/tools/0/input_schema', format: 'x', detail: 'd' }] } },
      ),
      outcome: 'pass',
    },
    {
      name: 'declarations of Gemini',
      content: upstream('gemini', { tools: [{ functionDeclarations: [{ ...TOOL, parametersJsonSchema: SCHEMA }] }] }),
      outcome: 'pass',
    },
    {
      name: 'tools of Bedrock',
      content: upstream('bedrock-converse', {
        toolConfig: { tools: [{ toolSpec: { ...TOOL, inputSchema: { json: SCHEMA } } }] },
      }),
      outcome: 'pass',
    },
    { name: 'no tools', content: content({ text: 'Hm.', tools: [] }), outcome: 'not_applicable' },
    { name: 'an upstream request that is not known', content: content({ text: 'Hm.' }), outcome: 'not_applicable' },
    {
      name: 'one that may have been another',
      content: upstream('openai-chat', { tools: [] }, false),
      outcome: 'not_applicable',
    },
  ],
};
