import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';

export interface DrillTraffic {
  sessions(): number;
  stop(): Promise<void>;
}

const AGENTS = 3;
/** Together about five sessions a second, which one small machine also scores. */
const PAUSE_MS = 400;
const TURNS_MAX = 3;
const LINES_MAX = 500;
const SYSTEM = `You are a careful coding agent. ${'Read before you answer, and do not guess. '.repeat(60)}`;

const READ_FILE: Anthropic.Tool = {
  name: 'read_file',
  description: 'Read the first lines of a text file of the repository.',
  input_schema: {
    type: 'object',
    properties: { path: { type: 'string' }, lines: { type: 'integer', minimum: 1, maximum: LINES_MAX } },
    required: ['path', 'lines'],
    additionalProperties: false,
  },
};

/** Agents that read a file with a tool of two arguments and hand the result back, on the real client. */
export function startDrillTraffic(baseUrl: string): DrillTraffic {
  const stopping = new AbortController();
  const { signal } = stopping;
  const client = new Anthropic({ apiKey: 'drill', baseURL: baseUrl, maxRetries: 1 });
  let sessions = 0;
  const agent = async (): Promise<void> => {
    while (!signal.aborted) {
      await runSession(client, signal).catch(() => {});
      sessions += 1;
      await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  };
  const agents = Promise.all(Array.from({ length: AGENTS }, agent));
  return {
    sessions: () => sessions,
    async stop() {
      stopping.abort();
      await agents;
    },
  };
}

async function runSession(client: Anthropic, signal: AbortSignal): Promise<void> {
  const sessionId = randomUUID();
  const asked = `call read_file ${JSON.stringify({ path: 'src/index.ts', lines: 40 })}`;
  const messages: Anthropic.MessageParam[] = [
    { role: 'user', content: `Task ${sessionId}: say what this file holds.\n${asked}` },
  ];
  for (let turn = 0; turn < TURNS_MAX && !signal.aborted; turn += 1) {
    const message = await client.messages
      .stream(
        {
          ...{ model: 'claude-sonnet-5', max_tokens: 500, tools: [READ_FILE], messages },
          system: [{ type: 'text', text: SYSTEM, cache_control: { type: 'ephemeral' } }],
        },
        { signal, headers: { 'x-claude-code-session-id': sessionId } },
      )
      .finalMessage();
    const calls = message.content.filter((block) => block.type === 'tool_use');
    if (calls.length === 0) return;
    messages.push({ role: 'assistant', content: message.content }, { role: 'user', content: calls.map(runTool) });
  }
}

function runTool(call: Anthropic.ToolUseBlock): Anthropic.ToolResultBlockParam {
  const { path, lines } = call.input as { path?: unknown; lines?: unknown };
  if (typeof path === 'string' && typeof lines === 'number') {
    return { type: 'tool_result', tool_use_id: call.id, content: `${path}: export const answer = ${path.length};` };
  }
  const content = 'Error: InputValidationError: `path` must be a string and `lines` an integer';
  return { type: 'tool_result', tool_use_id: call.id, is_error: true, content };
}
