import { encodeToolName } from '#shared/formats/tool-name.ts';
import type { ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';

/** One tool call while a stored call is put together. */
export interface MadeCall {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A question of the leaderboard with its right answer. */
export interface CleanCall {
  readonly question: string;
  readonly tools: readonly { readonly name: string; readonly input_schema: Readonly<Record<string, unknown>> }[];
  readonly calls: readonly MadeCall[];
}

/** What is not as it comes out of a gateway that works, with a model that works. */
export interface Changes {
  readonly tools?: CleanCall['tools'];
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Calls of the upstream, where not those of the right answer; the arguments as text where they are no JSON. */
  readonly sent?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** The upstream's text. */
  readonly sentText?: string;
  /** Blocks of the delivered message. */
  readonly delivered?: readonly unknown[];
  readonly stopReason?: string;
  readonly upstreamBody?: Readonly<Record<string, unknown>>;
}

/** The stored call. */
export function store(clean: CleanCall, changes: Changes): ScoredContent {
  const tools = changes.tools ?? clean.tools;
  const sent = changes.sent ?? clean.calls.map((call) => asSent(call));
  const delivered = changes.delivered ?? clean.calls.map((call) => asBlock(call));
  const message = {
    role: 'assistant',
    content: changes.sentText ?? null,
    ...(sent.length === 0
      ? {}
      : {
          tool_calls: sent.map(({ id, name, arguments: text }) => ({
            id,
            type: 'function',
            function: { name, arguments: text },
          })),
        }),
  };
  const choice = { index: 0, message, finish_reason: sent.length === 0 ? 'stop' : 'tool_calls' };
  const isCalling = delivered.some((block) => (block as { type?: unknown }).type === 'tool_use');
  const { upstreamBody } = changes;
  const usage = { input_tokens: tokensOf({ tools, question: clean.question }), output_tokens: tokensOf(delivered) };
  return {
    call: { status: 'ok', upstreamFormat: 'openai-chat', losses: [], clientFormat: 'anthropic-messages' },
    request: { messages: [{ role: 'user', content: clean.question }], tools, ...changes.parameters },
    response: {
      role: 'assistant',
      content: delivered,
      stop_reason: changes.stopReason ?? (isCalling ? 'tool_use' : 'end_turn'),
    },
    upstreamRaw: JSON.stringify({
      ...{ id: 'chatcmpl-1', object: 'chat.completion', choices: [choice] },
      usage: { prompt_tokens: usage.input_tokens, completion_tokens: usage.output_tokens },
    }),
    ...(upstreamBody === undefined
      ? {}
      : { upstreamRequest: () => ({ format: 'openai-chat', body: upstreamBody, isExact: true, prefix: null }) }),
  };
}

/** A call as an OpenAI server sends it: by the name that the gateway told it. */
export function asSent({ id, name, input }: MadeCall) {
  return { id, name: encodeToolName(name), arguments: JSON.stringify(input) };
}

/** A call as an Anthropic client gets it; arguments that did not parse in the wrapping that the client knows. */
export function asBlock({ id, name, input }: Omit<MadeCall, 'input'> & { readonly input: unknown }) {
  const given = typeof input === 'string' ? { __unparsedToolInput: { raw: input, len: input.length } } : input;
  return { type: 'tool_use', id, name, input: given };
}

/** Near enough: four characters to a token. */
function tokensOf(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4);
}
