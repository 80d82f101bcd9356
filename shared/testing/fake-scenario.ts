import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Conversation, readConversation } from './fake-conversation.ts';
import type { FakeDelivery, FakeMessage, FakeReply, FakeRequest, FakeScript, FakeToolCall } from './fake-reply.ts';

/** Which requests a fault strikes; every field that is given must hold. */
const conditionSchema = z.strictObject({
  /** `*` stands for any run of characters. */
  model: z.string().optional(),
  systemContains: z.string().optional(),
  /** The fault heals when the system prompt says this: what a good prompt prefix does. */
  systemLacks: z.string().optional(),
  userContains: z.string().optional(),
  /** `first`: no tool result yet; `followup`: after one. */
  turn: z.enum(['first', 'followup']).optional(),
  /** Only sessions after the first n (a session is known by its first user text). */
  afterSessions: z.int().nonnegative().optional(),
  /** Only the first n requests that meet all else. */
  firstRequests: z.int().positive().optional(),
  /** Only while the switch of this name is on. */
  switch: z.string().optional(),
  /** Only this share of sessions, the same ones every time. */
  share: z.number().min(0).max(1).optional(),
});

const faultSchema = z.discriminatedUnion('kind', [
  /** Several parallel calls become one: their arguments run together, or only the first survives. */
  z.strictObject({
    kind: z.literal('collapse-parallel-calls'),
    when: conditionSchema.prefault({}),
    keep: z.enum(['concatenated', 'first']).default('concatenated'),
  }),
  z.strictObject({ kind: z.literal('malformed-arguments'), when: conditionSchema.prefault({}) }),
  z.strictObject({ kind: z.literal('missing-argument'), when: conditionSchema.prefault({}), argument: z.string() }),
  /** Arguments come in another order than their names: each value under the name of another one. */
  z.strictObject({ kind: z.literal('flip-fields'), when: conditionSchema.prefault({}) }),
  /** Nothing is read from the prompt cache, whatever the request says. */
  z.strictObject({ kind: z.literal('cache-ignored'), when: conditionSchema.prefault({}) }),
  z.strictObject({
    kind: z.literal('unknown-tool'),
    when: conditionSchema.prefault({}),
    name: z.string().default('execute'),
  }),
  z.strictObject({
    kind: z.literal('text-instead-of-call'),
    when: conditionSchema.prefault({}),
    text: z.string().default('I would call the tool now.'),
  }),
  z.strictObject({
    kind: z.literal('wrong-answer'),
    when: conditionSchema.prefault({}),
    text: z.string().default('I could not do it.'),
  }),
  z.strictObject({
    kind: z.literal('http-error'),
    when: conditionSchema.prefault({}),
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.number().optional(),
    body: z.unknown().optional(),
  }),
  z.strictObject({ kind: z.literal('html-error'), when: conditionSchema.prefault({}), status: z.int().default(502) }),
  z.strictObject({
    kind: z.literal('cut-stream'),
    when: conditionSchema.prefault({}),
    afterEvents: z.int().nonnegative().default(2),
  }),
  z.strictObject({
    kind: z.literal('silence'),
    when: conditionSchema.prefault({}),
    afterEvents: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal('slow'),
    when: conditionSchema.prefault({}),
    headersDelayMs: z.int().optional(),
    pieceDelayMs: z.int().optional(),
  }),
  z.strictObject({ kind: z.literal('reset'), when: conditionSchema.prefault({}) }),
]);

/**
 * A fake model as plain JSON. Without faults it is a good one: it calls the tools that the last user text asks for
 * (lines such as `call read_file {"path":"a.ts"}`), all in parallel, and then answers from the results.
 */
export const fakeScenarioSchema = z.strictObject({
  format: z.enum(['openai-chat', 'anthropic-messages']).default('openai-chat'),
  strict: z.boolean().default(true),
  refusedParameters: z.array(z.string()).default([]),
  /** Answer to a text that asks for no tool, and after the tool results; `{input}` is what it answers to. */
  answer: z.string().default('Done: {input}'),
  pieceDelayMs: z.int().nonnegative().optional(),
  /** Later turns of a conversation are read from a prompt cache, as the usage then says. */
  cachesPrompts: z.boolean().default(false),
  faults: z.array(faultSchema).default([]),
});

export type FakeScenario = z.infer<typeof fakeScenarioSchema>;
type Fault = FakeScenario['faults'][number];
type Condition = Fault['when'];

export interface ScenarioScript {
  readonly script: FakeScript;
  setSwitch(name: string, on: boolean): void;
}

const INPUT_CHARACTERS_MAX = 200;

/** Turns a scenario into a script. Faults apply in their order; the first that breaks the transport ends the reply. */
export function createScenarioScript(scenario: FakeScenario): ScenarioScript {
  const switches = new Set<string>();
  const sessions = new Map<string, number>();
  const struck = new Map<Fault, number>();
  const applies = (fault: Fault, conversation: Conversation): boolean => {
    const limit = fault.when.firstRequests ?? Number.POSITIVE_INFINITY;
    const count = struck.get(fault) ?? 0;
    const position = sessions.get(conversation.firstUserText) ?? 0;
    if (count >= limit || !meets(fault.when, conversation, position, switches)) return false;
    struck.set(fault, count + 1);
    return true;
  };
  return {
    setSwitch: (name, on) => void (on ? switches.add(name) : switches.delete(name)),
    script(request: FakeRequest): FakeReply {
      const conversation = readConversation(request.body);
      const { firstUserText } = conversation;
      if (!sessions.has(firstUserText)) sessions.set(firstUserText, sessions.size);
      let message = goodAnswer(conversation, scenario.answer);
      if (scenario.cachesPrompts) message = { ...message, usage: cachedUsage(request, conversation) };
      let delivery: FakeDelivery = { pieceDelayMs: scenario.pieceDelayMs };
      for (const fault of scenario.faults) {
        if (!applies(fault, conversation)) continue;
        const broken = breakTransport(fault);
        if (broken !== null) return broken;
        message = breakMessage(fault, message);
        delivery = breakDelivery(fault, delivery);
      }
      return { type: 'message', ...message, ...delivery };
    },
  };
}

function meets(when: Condition, conversation: Conversation, position: number, switches: ReadonlySet<string>): boolean {
  const { systemText, lastUserText, firstUserText } = conversation;
  return (
    (when.model === undefined || matchesPattern(when.model, conversation.model)) &&
    (when.systemContains === undefined || systemText.includes(when.systemContains)) &&
    (when.systemLacks === undefined || !systemText.includes(when.systemLacks)) &&
    (when.userContains === undefined || lastUserText.includes(when.userContains)) &&
    (when.turn === undefined || (when.turn === 'followup') === conversation.toolResults.length > 0) &&
    (when.afterSessions === undefined || position >= when.afterSessions) &&
    (when.switch === undefined || switches.has(when.switch)) &&
    (when.share === undefined || shareOf(firstUserText) < when.share)
  );
}

function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(text);
}

function shareOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

function goodAnswer(conversation: Conversation, template: string): FakeMessage {
  const { toolResults, askedCalls, lastUserText } = conversation;
  if (toolResults.length === 0 && askedCalls.length > 0) return { toolCalls: askedCalls };
  const input = toolResults.length > 0 ? toolResults.join('; ') : lastUserText;
  return { text: template.replace('{input}', () => input.slice(0, INPUT_CHARACTERS_MAX)) };
}

function breakTransport(fault: Fault): FakeReply | null {
  switch (fault.kind) {
    case 'http-error': {
      const headers = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
      const body = fault.body ?? { error: { message: `scripted error ${fault.status}`, type: 'error', code: null } };
      return { type: 'http', status: fault.status, headers, body };
    }
    case 'html-error':
      return {
        type: 'http',
        status: fault.status,
        headers: { 'content-type': 'text/html' },
        body: `<html><head><title>${fault.status} Bad Gateway</title></head><body><h1>${fault.status}</h1></body></html>`,
      };
    case 'silence':
      return fault.afterEvents === undefined ? { type: 'silence' } : null;
    case 'reset':
      return { type: 'reset' };
    default:
      return null;
  }
}

function breakDelivery(fault: Fault, delivery: FakeDelivery): FakeDelivery {
  if (fault.kind === 'cut-stream') return { ...delivery, cutAfterEvents: fault.afterEvents };
  if (fault.kind === 'silence') return { ...delivery, silentAfterEvents: fault.afterEvents };
  if (fault.kind === 'slow') return { ...delivery, ...definedDelays(fault) };
  return delivery;
}

function definedDelays(fault: Extract<Fault, { kind: 'slow' }>): FakeDelivery {
  return {
    ...(fault.headersDelayMs === undefined ? {} : { headersDelayMs: fault.headersDelayMs }),
    ...(fault.pieceDelayMs === undefined ? {} : { pieceDelayMs: fault.pieceDelayMs }),
  };
}

const CHARACTERS_PER_TOKEN = 4;
const CACHED_SHARE = 0.9;
const OUTPUT_TOKENS = 20;

function cachedUsage({ bodyText }: FakeRequest, { toolResults }: Conversation): NonNullable<FakeMessage['usage']> {
  const input = Math.ceil(bodyText.length / CHARACTERS_PER_TOKEN);
  return { input, output: OUTPUT_TOKENS, cacheRead: toolResults.length > 0 ? Math.floor(CACHED_SHARE * input) : 0 };
}

function breakMessage(fault: Fault, message: FakeMessage): FakeMessage {
  if (fault.kind === 'cache-ignored') {
    return message.usage === undefined ? message : { ...message, usage: { ...message.usage, cacheRead: 0 } };
  }
  if (fault.kind === 'wrong-answer') return message.text === undefined ? message : { text: fault.text };
  const calls = message.toolCalls ?? [];
  if (calls.length === 0) return message;
  if (fault.kind === 'text-instead-of-call') return { text: fault.text };
  return { ...message, toolCalls: breakCalls(fault, calls) };
}

function breakCalls(fault: Fault, calls: readonly FakeToolCall[]): readonly FakeToolCall[] {
  switch (fault.kind) {
    case 'collapse-parallel-calls': {
      const [first] = calls;
      if (first === undefined || calls.length === 1) return calls;
      if (fault.keep === 'first') return [first];
      return [{ ...first, arguments: calls.map((call) => JSON.stringify(call.arguments)).join('') }];
    }
    case 'malformed-arguments':
      // A brace is lost, as small models lose it.
      return calls.map((call) => ({ ...call, arguments: JSON.stringify(call.arguments).slice(0, -1) }));
    case 'missing-argument':
      return calls.map((call) => ({ ...call, arguments: withoutKey(call.arguments, fault.argument) }));
    case 'flip-fields':
      return calls.map((call) => ({ ...call, arguments: withValuesReversed(call.arguments) }));
    case 'unknown-tool':
      return calls.map((call) => ({ ...call, name: fault.name }));
    default:
      return calls;
  }
}

function withValuesReversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const values = Object.values(value).toReversed();
  return Object.fromEntries(Object.keys(value).map((key, index) => [key, values[index]]));
}

function withoutKey(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
