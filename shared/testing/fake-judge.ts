import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { judgeTranscript } from './fake-judge-verdict.ts';
import { teachFrom } from './fake-teacher-reply.ts';

/** What the endpoint does instead of answering well, for one request each. */
type FakeJudgeMisbehaviour =
  | 'fenced'
  | 'garbage'
  | 'empty'
  | 'missing_criterion'
  | 'fabricated_quote'
  | 'wrong_control'
  | 'refusal'
  | 'rate_limited'
  | 'server_error'
  | 'no_structured_output'
  | 'no_schema'
  | 'ignores_schema'
  | 'other_model'
  | 'no_temperature';

interface FakeJudgeRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly schemaName: string | null;
}

/** A judge and teacher on a real socket that speaks Chat Completions; what it answers is a pure function of the request. */
export interface FakeJudge {
  /** Base URL for a provider's configuration, with `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly FakeJudgeRequest[];
  /** Queues misbehaviours, one per request; after them it answers well again. */
  misbehave(...script: readonly FakeJudgeMisbehaviour[]): void;
  /** Misbehaves for every request until told otherwise; null ends it. */
  misbehaveAlways(misbehaviour: FakeJudgeMisbehaviour | null): void;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const CHARACTERS_PER_TOKEN = 4;

const requestSchema = z.looseObject({
  model: z.string(),
  temperature: z.number().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  response_format: z
    .looseObject({ json_schema: z.looseObject({ name: z.string(), schema: z.record(z.string(), z.unknown()) }) })
    .optional(),
  tools: z
    .array(
      z.looseObject({ function: z.looseObject({ name: z.string(), parameters: z.record(z.string(), z.unknown()) }) }),
    )
    .optional(),
});

/** Starts the endpoint on a free port of the loopback address. */
export async function startFakeJudge(): Promise<FakeJudge> {
  const requests: FakeJudgeRequest[] = [];
  const script: FakeJudgeMisbehaviour[] = [];
  let always: FakeJudgeMisbehaviour | null = null;
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, { requests, next: () => script.shift() ?? always }).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    misbehave: (...more) => void script.push(...more),
    misbehaveAlways(misbehaviour) {
      always = misbehaviour;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  state: { readonly requests: FakeJudgeRequest[]; readonly next: () => FakeJudgeMisbehaviour | null },
): Promise<void> {
  const parsed = requestSchema.safeParse(JSON.parse(await readBody(incoming)));
  if (!parsed.success) return send(outgoing, 400, { error: { message: 'not a chat completion request' } });
  const { model, messages, temperature, response_format: format, tools } = parsed.data;
  const tool = tools?.[0]?.function;
  const textOf = (role: string) => messages.find((message) => message.role === role)?.content ?? '';
  const request: FakeJudgeRequest = {
    path: incoming.url ?? '',
    authorization: incoming.headers.authorization,
    model,
    system: textOf('system'),
    user: textOf('user'),
    schemaName: format?.json_schema.name ?? tool?.name ?? null,
  };
  state.requests.push(request);
  const misbehaviour = state.next();
  if (misbehaviour === 'rate_limited') return send(outgoing, 429, { error: { message: 'slow down' } }, '1');
  if (misbehaviour === 'server_error') return send(outgoing, 500, { error: { message: 'out of order' } });
  if ((misbehaviour === 'no_structured_output' || misbehaviour === 'no_schema') && format !== undefined) {
    return send(outgoing, 400, { error: { message: 'response_format of type json_schema is not supported' } });
  }
  if (misbehaviour === 'no_structured_output' && tool !== undefined) {
    return send(outgoing, 400, { error: { message: 'tool_choice is not supported' } });
  }
  if (misbehaviour === 'no_temperature' && temperature !== undefined) {
    return send(outgoing, 400, { error: { message: "Unsupported value: 'temperature' does not support 0" } });
  }
  const schema = format?.json_schema.schema ?? tool?.parameters ?? schemaInWords(request.system);
  const isJudge = JSON.stringify(schema).includes('"verdict"');
  const value = isJudge ? judgeTranscript(request.user, schema, misbehaviour) : teachFrom(request.user, schema);
  const refused = misbehaviour === 'refusal';
  const isProse = misbehaviour === 'ignores_schema' && !request.system.includes('JSON Schema:');
  const content = refused ? null : isProse ? 'It went rather well.' : wrap(value, misbehaviour);
  const served = misbehaviour === 'other_model' ? `${model}-turbo` : model;
  send(outgoing, 200, completion(served, request, content, { refused, tool: tool?.name }));
}

function wrap(value: unknown, misbehaviour: FakeJudgeMisbehaviour | null): string {
  const text = JSON.stringify(value);
  if (misbehaviour === 'fenced') return `Here is my verdict:\n\`\`\`json\n${text}\n\`\`\``;
  if (misbehaviour === 'garbage') return 'I would say it went rather well, a solid 8 out of 10!';
  return misbehaviour === 'empty' ? '' : text;
}

/** The schema that a client without structured output writes into its system text. */
function schemaInWords(system: string): Readonly<Record<string, unknown>> {
  const stated = /JSON Schema:\n(\{.*\})/s.exec(system)?.[1];
  return stated === undefined ? {} : (JSON.parse(stated) as Record<string, unknown>);
}

function completion(
  model: string,
  request: FakeJudgeRequest,
  content: string | null,
  { refused, tool }: { readonly refused: boolean; readonly tool: string | undefined },
) {
  const promptTokens = Math.ceil((request.system.length + request.user.length) / CHARACTERS_PER_TOKEN);
  const completionTokens = Math.ceil((content?.length ?? 0) / CHARACTERS_PER_TOKEN);
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: {
          role: 'assistant',
          ...(tool === undefined || content === null
            ? { content }
            : { content: null, tool_calls: [callOf(tool, content)] }),
          refusal: refused ? 'I cannot judge this.' : null,
        },
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

function callOf(name: string, text: string) {
  return { id: 'call_1', type: 'function', function: { name, arguments: text } };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new RangeError('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(outgoing: ServerResponse, status: number, body: unknown, retryAfter?: string): void {
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  });
  outgoing.end(JSON.stringify(body));
}
