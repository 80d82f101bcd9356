import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { createSeededRandom, type SeededRandom } from '../../arena/seeded-random.ts';
import { AGENT_TOOLS } from './agent-tools.ts';

/** A call of an agent as it is stored, and how many bytes its request has. */
export interface AgentCall {
  readonly content: ScoredContent;
  readonly requestBytes: number;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Of a request, taken by the system prompt; tools come on top of it. */
const SYSTEM_SHARE = 0.2;
/** A session grows from this share of its mean size to as much above it. */
const SMALLEST_SHARE = 0.6;
const TOOL_RESULT_BYTES = 1_200;
const ANSWER_BYTES = 220;
/** Turns with two calls at once, as agents make them when they look around. */
const PARALLEL_SHARE = 0.2;
/** Results that are errors of the environment. */
const ERROR_SHARE = 0.05;

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: string;
  readonly failed: boolean;
}

/**
 * Sessions of a coding agent at work on this very project: it reads, searches, edits and runs tests, and every request
 * repeats the history of the one before. The same seed gives the same sessions.
 */
export function createAgentTraffic(seed: number) {
  const random = createSeededRandom(seed);
  const prose = readTexts('docs', '.md')
    .map(({ text }) => text)
    .join('\n');
  const files = readTexts('shared/formats', '.ts');
  let ids = 0;

  const cut = (from: string, bytes: number): string => {
    const start = Math.floor(random.uniform() * Math.max(1, from.length - bytes));
    return from.slice(start, start + bytes);
  };

  function toolCall(): ToolCall {
    ids += 1;
    const file = pick(files, random);
    const failed = random.uniform() < ERROR_SHARE;
    const made = { id: `call_${ids.toString(36).padStart(8, '0')}`, failed, ...callOn(file, random) };
    const result = failed ? `Error: ENOENT: no such file or directory, open '${file.path}'` : made.resultOf(cut);
    return { id: made.id, name: made.name, input: made.input, result, failed };
  }

  /**
   * One session, whose requests grow to have about so many bytes on average. Every request has the answer to the call
   * before it, so that the outcome of each call is known but of the last one.
   */
  return function session(meanBytes: number): readonly AgentCall[] {
    const system = [{ type: 'text', text: cut(prose, meanBytes * SYSTEM_SHARE), cache_control: { type: 'ephemeral' } }];
    const fixed = { model: 'claude-sonnet-5', max_tokens: 8_000, stream: true, system, tools: AGENT_TOOLS };
    const messages: unknown[] = [{ role: 'user', content: `Please look into this: ${cut(prose, ANSWER_BYTES)}` }];
    let requestBytes = JSON.stringify({ ...fixed, messages }).length;
    const calls: AgentCall[] = [];
    while (requestBytes < meanBytes * (2 - SMALLEST_SHARE)) {
      const text = cut(prose, ANSWER_BYTES);
      const toolCalls = Array.from({ length: random.uniform() < PARALLEL_SHARE ? 2 : 1 }, toolCall);
      if (requestBytes >= meanBytes * SMALLEST_SHARE) {
        const request = { ...fixed, messages: [...messages] };
        calls.push({ content: contentOf(request, { text, toolCalls }), requestBytes });
      }
      const added = [
        { role: 'assistant', content: [{ type: 'text', text }, ...toolCalls.map(toolUse)] },
        { role: 'user', content: toolCalls.map(toolResult) },
      ];
      messages.push(...added);
      requestBytes += JSON.stringify(added).length;
    }
    return calls;
  };
}

function callOn(file: SourceFile, random: SeededRandom) {
  const path = `/home/ada/trimtab/${file.path}`;
  const kind = random.uniform();
  if (kind < 0.45) {
    return {
      name: 'Read',
      input: { file_path: path, offset: Math.floor(random.uniform() * 90), limit: 60 },
      resultOf: (cut: Cut) => numbered(cut(file.text, TOOL_RESULT_BYTES)),
    };
  }
  if (kind < 0.65) {
    const pattern = /export (?:function|interface|const) (\w+)/.exec(file.text)?.[1] ?? 'export';
    return {
      name: 'Grep',
      input: { pattern, path: '/home/ada/trimtab/shared', output_mode: 'content' },
      resultOf: (cut: Cut) => cut(file.text, TOOL_RESULT_BYTES),
    };
  }
  if (kind < 0.85) {
    const start = Math.floor(random.uniform() * Math.max(1, file.text.length - 400));
    const old = file.text.slice(start, start + 300);
    return {
      name: 'Edit',
      input: { file_path: path, old_string: old, new_string: `${old}\n// Checked.` },
      resultOf: () => `The file ${path} has been updated.`,
    };
  }
  return {
    name: 'Bash',
    input: { command: `npx vitest run --project unit ${file.path}`, description: 'Run the tests of this file' },
    resultOf: (cut: Cut) => ` ✓ ${file.path} (12 tests) 48ms\n\n Test Files  1 passed (1)\n${cut(file.text, 600)}`,
  };
}

type Cut = (from: string, bytes: number) => string;

function contentOf(
  request: ScoredContent['request'],
  { text, toolCalls }: { readonly text: string; readonly toolCalls: readonly ToolCall[] },
): ScoredContent {
  const response = {
    ...{ id: `msg_${toolCalls[0]?.id ?? ''}`, type: 'message', role: 'assistant', model: 'gpt-5-mini-2025-08-07' },
    content: [{ type: 'text', text }, ...toolCalls.map(toolUse)],
    ...{ stop_reason: 'tool_use', stop_sequence: null },
    usage: { input_tokens: 5_000, output_tokens: Math.ceil((text.length + argumentsOf(toolCalls).length) / 4) },
  };
  const calls = toolCalls.map(({ id, name, input }) => ({
    ...{ id, type: 'function' },
    function: { name, arguments: JSON.stringify(input) },
  }));
  const message = { role: 'assistant', content: text, tool_calls: calls };
  const upstreamRaw = JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_760_000_000, model: 'gpt-5-mini-2025-08-07' },
    choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 5_000, completion_tokens: response.usage.output_tokens, total_tokens: 6_000 },
  });
  return { call: { status: 'ok', upstreamFormat: 'openai-chat', losses: [] }, request, response, upstreamRaw };
}

/** What a tokenizer makes of text and code is about a token for four characters. */
function argumentsOf(toolCalls: readonly ToolCall[]): string {
  return JSON.stringify(toolCalls.map(({ input }) => input));
}

function toolUse({ id, name, input }: ToolCall) {
  return { type: 'tool_use', id, name, input };
}

function toolResult({ id, result, failed }: ToolCall) {
  return { type: 'tool_result', tool_use_id: id, content: result, ...(failed ? { is_error: true } : {}) };
}

function numbered(text: string): string {
  return text
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(6)}→${line}`)
    .join('\n');
}

function pick<Item>(items: readonly Item[], random: SeededRandom): Item {
  const item = items[Math.floor(random.uniform() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

/** What an agent that works on this project reads. */
function readTexts(folder: string, extension: string): readonly SourceFile[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') }));
}
