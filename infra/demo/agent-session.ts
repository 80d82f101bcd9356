import type Anthropic from '@anthropic-ai/sdk';

export interface AgentTask {
  readonly sessionId: string;
  /** Files that the task is about; two or more make a model call the tool in parallel. */
  readonly files: readonly string[];
}

const TURNS_MAX = 4;
const MAX_TOKENS = 1_000;

const READ_FILE: Anthropic.Tool = {
  name: 'read_file',
  description: 'Read one text file of the repository.',
  input_schema: {
    type: 'object',
    properties: { path: { type: 'string' } },
    required: ['path'],
    additionalProperties: false,
  },
};
const LIST_FILES: Anthropic.Tool = {
  name: 'list_files',
  description: 'List the files below a folder.',
  input_schema: { type: 'object', properties: { folder: { type: 'string' } }, required: ['folder'] },
};

/**
 * A small coding agent on the real Anthropic client: it asks, runs the tools that the model calls, sends the results
 * back, and ends when the model stops calling. It knows nothing of Trimtab but the base URL.
 */
export async function runAgentSession(client: Anthropic, task: AgentTask, signal: AbortSignal): Promise<void> {
  const asked = task.files.map((path) => `call read_file ${JSON.stringify({ path })}`).join('\n');
  const messages: Anthropic.MessageParam[] = [
    { role: 'user', content: `Task ${task.sessionId}: say what these files hold.\n${asked}` },
  ];
  for (let turn = 0; turn < TURNS_MAX && !signal.aborted; turn += 1) {
    const message = await client.messages
      .stream(
        {
          model: 'claude-sonnet-5',
          max_tokens: MAX_TOKENS,
          system: 'You are a careful coding agent. Use the tools; do not guess what a file holds.',
          tools: [READ_FILE, LIST_FILES],
          messages,
        },
        { signal, headers: { 'x-claude-code-session-id': task.sessionId } },
      )
      .finalMessage();
    const calls = message.content.filter((block) => block.type === 'tool_use');
    if (calls.length === 0) return;
    messages.push({ role: 'assistant', content: message.content }, { role: 'user', content: calls.map(runTool) });
  }
}

function runTool(call: Anthropic.ToolUseBlock): Anthropic.ToolResultBlockParam {
  const path = (call.input as { path?: unknown }).path;
  if (call.name !== 'read_file') return failed(call.id, `Error: no tool named ${call.name}`);
  if (typeof path !== 'string')
    return failed(call.id, 'Error: InputValidationError: required parameter `path` is missing');
  return { type: 'tool_result', tool_use_id: call.id, content: `${path}: export const answer = ${path.length};` };
}

function failed(id: string, content: string): Anthropic.ToolResultBlockParam {
  return { type: 'tool_result', tool_use_id: id, is_error: true, content };
}
