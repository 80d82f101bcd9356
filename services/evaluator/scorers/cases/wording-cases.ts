import { type ContentInput, content, exchange, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

const said = (text: string, more: ContentInput = {}) => content({ text, ...more });
const asked = (question: string, more: ContentInput) =>
  content({ ...more, messages: [{ role: 'user', content: question }] });
const textReply = (text: string) =>
  JSON.stringify({ choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }] });

const PLACEHOLDER_TOOL = {
  name: 'fetch',
  input_schema: {
    type: 'object',
    properties: { url: { type: 'string' }, api_key: { type: 'string' }, note: { type: 'string', default: '...' } },
    required: ['url'],
  },
};
const fetching = (input: unknown, question = 'Get the page') =>
  asked(question, { calls: [{ name: 'fetch', input }], tools: [PLACEHOLDER_TOOL] });

const PLACEHOLDERS: readonly ScorerCase[] = [
  {
    name: 'a to-do word',
    content: fetching({ url: 'TODO' }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'a value -> to-do word',
  },
  {
    name: 'a key of nobody',
    content: fetching({ url: 'https://a.test/x', api_key: 'your_api_key' }),
    outcome: 'fail',
    expectedVsActual: 'a value -> your own value',
  },
  {
    name: 'a name in angle brackets',
    content: fetching({ url: '<page url>' }),
    outcome: 'fail',
    expectedVsActual: 'a value -> name in brackets',
  },
  {
    name: 'an example address',
    content: fetching({ url: 'https://www.example.com/page' }),
    outcome: 'fail',
    expectedVsActual: 'a value -> example address',
  },
  {
    name: 'dots',
    content: content({ calls: [{ name: 'Read', input: { file_path: '...' } }] }),
    outcome: 'fail',
    expectedVsActual: 'a value -> dots',
  },
  {
    name: 'a path to nowhere',
    content: content({ calls: [{ input: { file_path: '/path/to/your/file.ts' } }] }),
    outcome: 'fail',
  },
  {
    name: 'an empty path that is required',
    content: content({ calls: [{ input: { file_path: '' } }] }),
    outcome: 'fail',
    expectedVsActual: 'a value -> empty text',
  },
  {
    name: 'one within a list',
    content: content({ calls: [{ name: 'Edit', input: { file_path: 'a', edits: [{ from: 'x', to: 'TBD' }] } }] }),
    outcome: 'fail',
  },
  { name: 'a real path', content: content({ calls: [{}] }), outcome: 'pass' },
  {
    name: 'an address that the user gave',
    content: fetching({ url: 'https://example.com' }, 'Fetch https://example.com for me'),
    outcome: 'pass',
  },
  {
    name: 'a word that a tool brought',
    content: content({ calls: [{ input: { file_path: 'TODO' } }], history: exchange({ id: 'c1' }, 'README TODO src') }),
    outcome: 'pass',
  },
  { name: 'a default of the schema', content: fetching({ url: 'https://a.test/x', note: '...' }), outcome: 'pass' },
  {
    name: 'such words in a longer text',
    content: content({
      calls: [{ name: 'Edit', input: { file_path: 'a', edits: [{ from: 'x', to: '// TODO: mend <name>' }] } }],
    }),
    outcome: 'pass',
  },
  {
    name: 'an empty text that is content',
    content: content({
      calls: [{ name: 'Replace', input: { old_string: 'a', new_string: '' } }],
      tools: [
        {
          name: 'Replace',
          input_schema: {
            type: 'object',
            required: ['old_string', 'new_string'],
            properties: { new_string: { type: 'string' } },
          },
        },
      ],
    }),
    outcome: 'pass',
  },
  {
    name: 'generic code in angle brackets',
    content: content({ calls: [{ input: { file_path: '<div class="a">' } }] }),
    outcome: 'pass',
  },
  { name: 'no call', content: said('TODO'), outcome: 'not_applicable' },
  {
    name: 'arguments that are no object',
    content: content({ calls: [{ input: '["TODO"]' }] }),
    outcome: 'not_applicable',
  },
];

const MISSING: readonly ScorerCase[] = [
  {
    name: 'an announcement with a colon',
    content: said('The tests fail. Let me look at the config file:'),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'announced call -> no call',
  },
  { name: 'an announcement that trails off', content: said("I'll now run the tests..."), outcome: 'fail' },
  {
    name: 'a tool that is named',
    content: said('I will use the ListFiles tool to see what there is.'),
    outcome: 'fail',
  },
  {
    name: 'a call in a fence',
    content: said('I look.\n```json\n{"name": "Read", "arguments": {"file_path": "a.ts"}}\n```'),
    outcome: 'fail',
    expectedVsActual: 'call -> call written as text',
  },
  {
    name: 'a call as the whole text',
    content: said('{"name": "Read", "parameters": {"file_path": "a.ts"}}'),
    outcome: 'fail',
  },
  {
    name: 'a list of calls as the whole text',
    content: said('[{"function": {"name": "Read", "arguments": "{}"}}]'),
    outcome: 'fail',
  },
  {
    name: 'an announcement after an answer',
    content: said('The bug is in the parser.\n\nNow let me fix it:'),
    outcome: 'fail',
  },
  { name: 'an answer', content: said('The file has 12 lines.'), outcome: 'pass' },
  { name: 'a question', content: said('Let me know which file to read. Should I open a.ts?'), outcome: 'pass' },
  { name: 'a promise for later', content: said("Once you confirm, I'll run the tests:"), outcome: 'pass' },
  {
    name: 'an explanation that ends in code',
    content: said('You can read it like this:\n```ts\nread();\n```'),
    outcome: 'pass',
  },
  { name: 'JSON that is data', content: said('```json\n{"name": "Read", "version": 2}\n```'), outcome: 'pass' },
  { name: 'a list that is introduced', content: said("I'll list the steps below:\n- one\n- two"), outcome: 'pass' },
  { name: 'an announcement with its call', content: said('Let me look:', { calls: [{}] }), outcome: 'not_applicable' },
  { name: 'no tools', content: said('Let me look:', { tools: [] }), outcome: 'not_applicable' },
  {
    name: 'a text that was cut',
    content: said('Let me run the', { stopReason: 'max_tokens' }),
    outcome: 'not_applicable',
  },
  {
    name: 'calls that are not allowed',
    content: said('Let me look:', { parameters: { tool_choice: { type: 'none' } } }),
    outcome: 'not_applicable',
  },
];

const HERMES = '<tool_call>\n{"name": "Read", "arguments": {"file_path": "a.ts"}}\n</tool_call>';
const LEAKS: readonly ScorerCase[] = [
  {
    name: 'a call in tags',
    content: said(HERMES),
    outcome: 'fail',
    owner: 'gateway',
    severity: 'fatal',
    expectedVsActual: 'plain text -> tool call tags',
  },
  {
    name: 'a call in tags that the upstream put into its text',
    content: said(HERMES, { raw: textReply(HERMES) }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'a call in tags that the upstream made as a call',
    content: said(HERMES, { raw: openAiReply([{ name: 'Read', arguments: '{}' }]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'channels of harmony',
    content: said('<|channel|>analysis<|message|>We need to read.'),
    outcome: 'fail',
    expectedVsActual: 'plain text -> control tokens',
  },
  { name: 'a call of Llama', content: said('<function=Read>{"file_path": "a.ts"}</function>'), outcome: 'fail' },
  { name: 'a call of Mistral', content: said('[TOOL_CALLS][{"name": "Read", "arguments": {}}]'), outcome: 'fail' },
  { name: 'a call of DeepSeek', content: said('<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function'), outcome: 'fail' },
  {
    name: 'thoughts before the answer',
    content: said('<think>\nThe user wants a list.\n</think>\n\nHere it is.'),
    outcome: 'fail',
    expectedVsActual: 'plain text -> reasoning tags',
  },
  { name: 'the end of thoughts', content: said('So I will answer.\n</think>\nHere it is.'), outcome: 'fail' },
  { name: 'plain words', content: said('The file has 12 lines.'), outcome: 'pass' },
  { name: 'markup of a page', content: said('Put <b>it</b> into a <div class="a">.'), outcome: 'pass' },
  { name: 'tags in a fence', content: said(`Write it so:\n\`\`\`\n${HERMES}\n\`\`\`\n`), outcome: 'pass' },
  { name: 'tags in code within a line', content: said('Qwen writes `<think>` before its answer.'), outcome: 'pass' },
  { name: 'a tag in the middle of a sentence', content: said('The tag <tool_call> opens a call.'), outcome: 'pass' },
  {
    name: 'thoughts in a block of their own',
    content: content({
      blocks: [
        { type: 'thinking', thinking: '<think>' },
        { type: 'text', text: 'Done.' },
      ],
    }),
    outcome: 'pass',
  },
  { name: 'a call without words', content: content({ calls: [{}] }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  {
    name: 'a user who asks about such tags',
    content: asked('What is <|channel|> in gpt-oss?', { text: '<|channel|> begins a channel.' }),
    outcome: 'unknown',
  },
];

/** Questions and tools of the Berkeley Function-Calling Leaderboard (irrelevance_0 and simple_python_0, Apache-2.0). */
const TRIANGLE = 'Calculate the area of a triangle given the base is 10 meters and height is 5 meters.';
const BODY_MASS_TOOL = {
  name: 'determine_body_mass_index',
  description: 'Calculate body mass index given weight and height.',
  input_schema: { type: 'object', properties: { weight: {}, height: {} } },
};
const AREA_TOOL = {
  name: 'calculate_triangle_area',
  description: 'Calculate the area of a triangle given its base and height.',
  input_schema: { type: 'object', properties: { base: {} } },
};
const WEATHER_TOOL = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
};
const answering = (question: string, tool: { readonly name: string }, more: ContentInput = {}) =>
  asked(question, { calls: [{ name: tool.name, input: {} }], tools: [tool], ...more });

const ANSWERS: readonly ScorerCase[] = [
  {
    name: 'a tool that has nothing to do with it',
    content: answering('Who wrote the opera Carmen?', WEATHER_TOOL),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    expectedVsActual: 'no fitting tool -> a call',
  },
  {
    name: 'several tools of which none fits',
    content: asked('Who wrote the opera Carmen?', {
      calls: [{ name: 'get_weather', input: {} }],
      tools: [WEATHER_TOOL, BODY_MASS_TOOL],
    }),
    outcome: 'fail',
  },
  { name: 'a greeting', content: answering('Hello, my old friend!', AREA_TOOL), outcome: 'fail' },
  {
    name: 'a user who forbids tools',
    content: answering(`${TRIANGLE} Do not use any tools.`, AREA_TOOL),
    outcome: 'fail',
    expectedVsActual: 'no call -> a call',
  },
  {
    name: 'a user who wants it from memory',
    content: answering(`Don't call functions, what is the weather usually like?`, WEATHER_TOOL),
    outcome: 'fail',
  },
  {
    name: 'a question in another field',
    content: answering('Translate this poem into French', BODY_MASS_TOOL),
    outcome: 'fail',
  },
  { name: 'a fitting tool', content: answering(TRIANGLE, AREA_TOOL), outcome: 'pass' },
  { name: 'a tool with some words in common', content: answering(TRIANGLE, BODY_MASS_TOOL), outcome: 'pass' },
  {
    name: 'a fitting tool among others',
    content: asked(TRIANGLE, {
      calls: [{ name: 'calculate_triangle_area', input: {} }],
      tools: [WEATHER_TOOL, AREA_TOOL],
    }),
    outcome: 'pass',
  },
  { name: 'another form of a word', content: answering('Triangles: areas, please', AREA_TOOL), outcome: 'pass' },
  {
    name: 'a request that stands on earlier ones',
    content: content({
      calls: [{ name: 'get_weather', input: {} }],
      tools: [WEATHER_TOOL],
      messages: [
        { role: 'user', content: 'Weather in Rome?' },
        { role: 'assistant', content: 'Sunny.' },
        { role: 'user', content: 'And Bari?' },
      ],
    }),
    outcome: 'pass',
  },
  { name: 'no call', content: said('Bizet.'), outcome: 'not_applicable' },
  {
    name: 'a forced call',
    content: answering('Who wrote the opera Carmen?', WEATHER_TOOL, { parameters: { tool_choice: { type: 'any' } } }),
    outcome: 'not_applicable',
  },
  {
    name: 'a call after a result',
    content: content({ calls: [{}], history: exchange({ id: 'c1' }, 'text') }),
    outcome: 'not_applicable',
  },
  {
    name: 'a request that was not captured',
    content: content({ calls: [{}], request: null, raw: openAiStream([]) }),
    outcome: 'unknown',
  },
];

export const WORDING_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  placeholder_arg: PLACEHOLDERS,
  missing_expected_call: MISSING,
  call_text_leak: LEAKS,
  call_when_answer: ANSWERS,
};
