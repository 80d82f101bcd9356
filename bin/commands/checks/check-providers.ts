import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { ModelConfig } from '#shared/config/config-schema.ts';
import type { LoadedConfig } from '#shared/config/load-config.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import type { CanonicalBody, CanonicalMessage } from '#shared/formats/canonical.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { type CanonicalReply, sendCanonical } from '#shared/upstream/send-canonical.ts';
import { createUpstreamPools, type UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { attempt, type Check, failed, passed } from './check.ts';
import { fixForUpstream } from './fix-for-upstream.ts';

export interface CheckProvidersDeps {
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Fetches tokens of clouds, in place of what reaches public addresses only. */
  readonly tokenFetch?: GuardedFetch;
}

type Answered = Extract<CanonicalReply, { ok: true }>;

/** One question to every model, and what makes its answer a good one. */
interface Question {
  readonly name: string;
  readonly body: Omit<CanonicalBody, 'model'>;
  /** Null when the answer is good, else what is wrong with it. */
  readonly fault: (message: CanonicalMessage) => string | null;
  readonly fix: string;
}

const CALL_TIMEOUT_MS = 60_000;
/** Reasoning models think before they speak, and think out of the same budget. */
const OUTPUT_TOKENS_MAX = 2_048;
const LOSSES_SHOWN = 3;
const TOOL_NAME = 'record_temperature';
const toolInputSchema = z.strictObject({ city: z.string(), celsius: z.number() });

const QUESTIONS: readonly Question[] = [
  {
    name: 'text',
    body: {
      max_tokens: OUTPUT_TOKENS_MAX,
      messages: [{ role: 'user', content: 'Answer with the single word: ready' }],
    },
    fault: (message) =>
      message.content.some((block) => block.type === 'text' && block.text.trim() !== '')
        ? null
        : `the answer has no text (stop reason ${message.stop_reason})`,
    fix: 'try the model by hand: it answered a plain question with nothing',
  },
  {
    name: 'tool call',
    body: {
      max_tokens: OUTPUT_TOKENS_MAX,
      tools: [
        {
          name: TOOL_NAME,
          description: 'Records the temperature of a city.',
          input_schema: {
            type: 'object',
            properties: { city: { type: 'string' }, celsius: { type: 'number' } },
            required: ['city', 'celsius'],
            additionalProperties: false,
          },
        },
      ],
      messages: [{ role: 'user', content: `It is 21 degrees Celsius in Paris. Call ${TOOL_NAME} with that.` }],
    },
    fault: toolFault,
    fix: 'agents cannot use this model as it is: turn its tool-call parser on at the server, or route only turns without tools to it',
  },
];

/** Sends every allowed model one text call and one tool call, past the gateway and straight to its provider. */
export async function checkProviders(deps: CheckProvidersDeps, loaded: LoadedConfig): Promise<readonly Check[]> {
  const { config } = loaded;
  const pools = createUpstreamPools(
    {
      connectTimeoutMs: config.gateway.connectTimeout,
      firstByteTimeoutMs: CALL_TIMEOUT_MS,
      idleTimeoutMs: CALL_TIMEOUT_MS,
    },
    { now: deps.now, ...(deps.tokenFetch === undefined ? {} : { fetch: deps.tokenFetch }) },
  );
  try {
    return (await Promise.all(config.models.map((model) => checkModel(deps, pools, loaded, model)))).flat();
  } finally {
    await pools.close();
  }
}

async function checkModel(
  deps: CheckProvidersDeps,
  pools: UpstreamPools,
  loaded: LoadedConfig,
  model: ModelConfig,
): Promise<Check[]> {
  const name = `${model.provider}/${model.id}`;
  const missing = loaded.missingSecrets.find((secret) => secret.provider === model.provider);
  if (missing !== undefined) {
    return [failed(name, `${missing.variable} is not set`, `export ${missing.variable}=… and run this again`)];
  }
  const checks: Check[] = [];
  for (const question of QUESTIONS) {
    const check = await attempt(`${name} ${question.name}`, `mend providers.${model.provider} in trimtab.yaml`, () =>
      ask(deps, pools, loaded, model, question),
    );
    checks.push(check);
    // A provider that cannot be used for one call cannot be used for the next.
    if (check.ok === false && question.name === 'text') break;
  }
  return checks;
}

async function ask(
  deps: CheckProvidersDeps,
  pools: UpstreamPools,
  loaded: LoadedConfig,
  model: ModelConfig,
  question: Question,
): Promise<Check> {
  const name = `${model.provider}/${model.id} ${question.name}`;
  const reply = await sendCanonical(
    { pools, now: deps.now },
    {
      provider: resolveProvider(model.provider, loaded.config),
      model,
      canonical: { body: { ...question.body, model: model.id }, extras: {} },
      callId: uuidV7(deps.now(), randomBytes(10)),
      signal: AbortSignal.any([deps.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    },
  );
  if (!reply.ok) return failed(name, reply.error.message, fixForUpstream(reply.error, model));
  const fault = question.fault(reply.message);
  const detail = describeAnswer(reply);
  return fault === null ? passed(name, detail) : failed(name, `${fault}; ${detail}`, question.fix);
}

function toolFault(message: CanonicalMessage): string | null {
  const calls = message.content.filter((block) => block.type === 'tool_use');
  const [call] = calls;
  if (call === undefined) return `no tool call came back (stop reason ${message.stop_reason})`;
  if (call.name !== TOOL_NAME) return `the tool call names "${call.name}", which was not offered`;
  const input = toolInputSchema.safeParse(call.input);
  if (!input.success) {
    const issue = input.error.issues[0];
    return `the tool call's arguments are not valid: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`;
  }
  return message.stop_reason === 'tool_use' ? null : `the tool call came with the stop reason ${message.stop_reason}`;
}

function describeAnswer(reply: Answered): string {
  const losses = reply.losses.slice(0, LOSSES_SHOWN).map((loss) => `${loss.kind} ${loss.pointer}`);
  const more = reply.losses.length > LOSSES_SHOWN ? ` and ${reply.losses.length - LOSSES_SHOWN} more` : '';
  const lost = losses.length === 0 ? 'no losses' : `losses: ${losses.join(', ')}${more}`;
  return `${Math.round(reply.durationMs)} ms, ${reply.usage.outputTokens} output tokens, ${lost}`;
}
