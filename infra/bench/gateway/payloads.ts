/** `a`: a short question. `b`: a coding agent in the middle of its work: long system prompt, fifteen tools, thirty turns. */
export type PayloadSize = 'a' | 'b';
export type PayloadFormat = 'anthropic' | 'openai';

const WORDS =
  'const function return await import export type interface request response stream chunk buffer error retry provider model token cache prefix queue worker status index value string number boolean object'.split(
    ' ',
  );
const TOOLS =
  'Task Bash Glob Grep LS Read Edit MultiEdit Write NotebookEdit WebFetch WebSearch TodoWrite BashOutput KillShell'.split(
    ' ',
  );
const SYSTEM_CHARACTERS = 21_000;
const DESCRIPTION_CHARACTERS = 1_250;
const PARAMETER_CHARACTERS = 120;
const EXCHANGES = 15;
const RESULT_CHARACTERS = 2_300;

/** Text of so many characters, the same in every run; the arrow makes it more than Latin-1, as agents' bodies are. */
function textOf(characters: number, seed: number): string {
  let state = seed;
  let text = '';
  for (let line = 1; text.length < characters; line += 1) {
    text += `${String(line).padStart(6)}→\t`;
    for (let word = 0; word < 9; word += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      text += `${WORDS[(state >>> 8) % WORDS.length]}${state % 7 === 0 ? '("x"); ' : ' '}`;
    }
    text += '\n';
  }
  return text.slice(0, characters);
}

function schemaOf(seed: number): object {
  const names = ['file_path', 'pattern', 'content', 'limit', 'offset', 'flags', 'description'];
  const properties = names.map((name, index) => [
    name,
    { type: 'string', description: textOf(PARAMETER_CHARACTERS, seed + index) },
  ]);
  return { type: 'object', properties: Object.fromEntries(properties), required: ['file_path'] };
}

interface Parts {
  readonly system: string;
  readonly tools: readonly { readonly name: string; readonly description: string; readonly schema: object }[];
  readonly exchanges: readonly { readonly id: string; readonly said: string; readonly result: string }[];
}

function partsOf(size: PayloadSize): Parts {
  if (size === 'a') return { system: textOf(300, 1), tools: [], exchanges: [] };
  return {
    system: textOf(SYSTEM_CHARACTERS, 1),
    tools: TOOLS.map((name, index) => ({
      name,
      description: textOf(DESCRIPTION_CHARACTERS, 10 + index),
      schema: schemaOf(100 + 10 * index),
    })),
    exchanges: Array.from({ length: EXCHANGES }, (_, index) => ({
      id: `toolu_${String(index).padStart(4, '0')}`,
      said: textOf(160, 500 + index),
      result: textOf(RESULT_CHARACTERS, 600 + index),
    })),
  };
}

const QUESTION = textOf(400, 7);
const MAX_TOKENS = 4_096;

function anthropicBody({ system, tools, exchanges }: Parts): object {
  return {
    system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: QUESTION },
      ...exchanges.flatMap(({ id, said, result }) => [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: said },
            { type: 'tool_use', id, name: 'Read', input: { file_path: `/repo/${id}.ts` } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
      ]),
    ],
    ...(tools.length === 0
      ? {}
      : { tools: tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })) }),
  };
}

function openaiBody({ system, tools, exchanges }: Parts): object {
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: QUESTION },
      ...exchanges.flatMap(({ id, said, result }) => [
        {
          role: 'assistant',
          content: said,
          tool_calls: [
            { id, type: 'function', function: { name: 'Read', arguments: `{"file_path":"/repo/${id}.ts"}` } },
          ],
        },
        { role: 'tool', tool_call_id: id, content: result },
      ]),
    ],
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, schema }) => ({
            type: 'function',
            function: { name, description, parameters: schema },
          })),
        }),
  };
}

/** The same request in either format, as the bytes that a client sends. */
export function payloadOf(size: PayloadSize, format: PayloadFormat, model: string, stream: boolean): Buffer {
  const parts = partsOf(size);
  const body = format === 'anthropic' ? anthropicBody(parts) : openaiBody(parts);
  return Buffer.from(JSON.stringify({ model, max_tokens: MAX_TOKENS, stream, ...body }));
}
