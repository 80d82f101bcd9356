import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import type { Setting } from './conformance-case.ts';

export interface ToolLoop {
  /** Arguments with which the tool was run, in order. */
  readonly ran: readonly unknown[];
  /** Text of the last answer. */
  readonly said: string;
}

/** Has Anthropic's own client work with one tool, `read_file`, until the model calls it no more. */
export async function runToolLoop({ baseUrl, alias, mode }: Setting): Promise<ToolLoop> {
  const client = new Anthropic({ apiKey: 'client-key', baseURL: baseUrl, maxRetries: 0 });
  const ran: unknown[] = [];
  const readFile = betaTool({
    name: 'read_file',
    description: 'Reads a file.',
    inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
    run(given) {
      ran.push(given);
      return `content of ${given.path}`;
    },
  });
  const runner = client.beta.messages.toolRunner({
    model: alias,
    max_tokens: 1_000,
    stream: mode === 'streamed',
    messages: [{ role: 'user', content: 'Read a.ts.' }],
    tools: [readFile],
  });
  const message = await runner.runUntilDone();
  return { ran, said: message.content.map((block) => (block.type === 'text' ? block.text : '')).join('') };
}
