/** Tools as a coding agent offers them, with the kinds of schema that occur: bounds, enums, nested objects, arrays. */
export const AGENT_TOOLS: readonly unknown[] = [
  tool('Read', 'Reads a file from the local file system. Lines are numbered from one.', {
    file_path: { type: 'string', description: 'The absolute path to the file to read' },
    offset: { type: 'integer', minimum: 0, description: 'The line to start from' },
    limit: { type: 'integer', exclusiveMinimum: 0, description: 'How many lines to read' },
  }),
  tool('Write', 'Writes a file to the local file system, and replaces what was there.', {
    file_path: { type: 'string' },
    content: { type: 'string' },
  }),
  tool(
    'Edit',
    'Replaces a text in a file by another one; the text must occur once.',
    {
      file_path: { type: 'string' },
      old_string: { type: 'string', minLength: 1 },
      new_string: { type: 'string' },
      replace_all: { type: 'boolean', default: false },
    },
    ['file_path', 'old_string', 'new_string'],
  ),
  tool('Bash', 'Runs a command in a shell that keeps its folder between commands.', {
    command: { type: 'string' },
    timeout: { type: 'number', maximum: 600_000 },
    description: { type: 'string' },
    run_in_background: { type: 'boolean' },
  }),
  tool(
    'Grep',
    'Searches the contents of files with a regular expression.',
    {
      pattern: { type: 'string' },
      path: { type: 'string' },
      glob: { type: 'string' },
      output_mode: { type: 'string', enum: ['content', 'files_with_matches', 'count'] },
      multiline: { type: 'boolean' },
    },
    ['pattern'],
  ),
  tool('Glob', 'Finds files by their names.', { pattern: { type: 'string' }, path: { type: 'string' } }, ['pattern']),
  tool(
    'TodoWrite',
    'Keeps a list of what is to be done.',
    {
      todos: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            content: { type: 'string', minLength: 1 },
            status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
            activeForm: { type: 'string' },
          },
          required: ['content', 'status', 'activeForm'],
          additionalProperties: false,
        },
      },
    },
    ['todos'],
  ),
  tool('Task', 'Starts an agent that works on a part of the task by itself.', {
    description: { type: 'string' },
    prompt: { type: 'string' },
    subagent_type: { type: 'string' },
  }),
  tool('WebFetch', 'Reads a page and answers a question about it.', {
    url: { type: 'string', format: 'uri' },
    prompt: { type: 'string' },
  }),
  tool('NotebookEdit', 'Changes one cell of a notebook.', {
    notebook_path: { type: 'string' },
    cell_id: { type: 'string' },
    new_source: { type: 'string' },
    edit_mode: { type: 'string', enum: ['replace', 'insert', 'delete'] },
  }),
];

function tool(
  name: string,
  description: string,
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[] = Object.keys(properties).slice(0, 1),
): unknown {
  return {
    name,
    description,
    input_schema: { type: 'object', properties, required, additionalProperties: false },
  };
}
