import type { EncodedRequest } from '../../formats/format.ts';
import type { QuirkName } from '../../formats/quirks/quirks.ts';
import { UPSTREAM_FORMATS } from '../../formats/registry.ts';
import { refuseAnthropicBody } from '../../testing/strict-anthropic.ts';
import { refuseConverseBody } from '../../testing/strict-converse.ts';
import { refuseGeminiBody } from '../../testing/strict-gemini.ts';
import { refuseOpenaiBody } from '../../testing/strict-openai.ts';
import { refuseResponsesBody } from '../../testing/strict-responses.ts';
import type { ProviderData } from '../provider-data.ts';
import { providerTarget } from '../provider-target.ts';
import { QUIRK_FIELDS, QUIRK_MESSAGE_FIELDS, QUIRK_RULES } from './quirk-rules.ts';
import { SAMPLE_REQUESTS } from './sample-requests.ts';

type Body = Readonly<Record<string, unknown>>;

interface ServedModel {
  readonly id: string;
  readonly reasoningEffort?: boolean;
}

/** One plain and one reasoning model, and one for each pattern that the data knows something of. */
function modelsOf(provider: ProviderData): readonly ServedModel[] {
  return [
    { id: 'plain-model', reasoningEffort: false },
    { id: 'reasoning-model', reasoningEffort: true },
    ...(provider.models ?? []).map((facts) => ({ id: facts.match.replace('*', 'x') })),
  ];
}

function quirksOf(provider: ProviderData, model: ServedModel): readonly QuirkName[] {
  const facts = (provider.models ?? []).filter(({ match }) => model.id.startsWith(match.replace('*', '')));
  const reasons = model.reasoningEffort ?? facts.findLast((entry) => entry.reasons !== undefined)?.reasons ?? false;
  return [
    ...provider.quirks,
    ...(reasons ? provider.reasoningModelQuirks : []),
    ...facts.flatMap((entry) => entry.quirks ?? []),
  ];
}

function without(fields: Body, names: readonly string[]): Body {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** What a strict server of OpenAI's says to the body, but for what the quirks of this one allow. */
function chatRefusal(body: Body, quirks: readonly QuirkName[]): string | null {
  const fields = quirks.flatMap((name) => QUIRK_FIELDS[name] ?? []);
  const messageFields = quirks.flatMap((name) => QUIRK_MESSAGE_FIELDS[name] ?? []);
  const messages = (body['messages'] as Body[]).map((message) => without(message, messageFields));
  return refuseOpenaiBody({ ...without(body, fields), messages });
}

/** The client's version and betas ride along, which the encoder does not write; system entries are one of them. */
function anthropicRefusal(body: Body): string | null {
  const messages = (body['messages'] as Body[]).filter((message) => message['role'] !== 'system');
  return refuseAnthropicBody({ ...body, messages }, { 'anthropic-version': '2023-06-01' });
}

function refusal(provider: ProviderData, { body }: EncodedRequest, quirks: readonly QuirkName[]): string | null {
  const fields = body as Body;
  switch (provider.format) {
    case 'openai-chat':
      return chatRefusal(fields, quirks);
    case 'bedrock-converse':
      return refuseConverseBody(fields);
    case 'gemini':
      return refuseGeminiBody(fields, 2);
    case 'anthropic-messages':
      return anthropicRefusal(fields);
    case 'openai-responses':
      return refuseResponsesBody(fields);
    default:
      return provider.format satisfies never;
  }
}

/** The most output tokens that a provider's data allows a model; the sample asks for a million. */
function limitFault(provider: ProviderData, model: ServedModel, body: Body): string | null {
  const facts = (provider.models ?? []).filter(({ match }) => model.id.startsWith(match.replace('*', '')));
  const most = facts.findLast((entry) => entry.maxOutputTokens !== undefined)?.maxOutputTokens;
  const asked = Number(body['max_completion_tokens'] ?? body['max_tokens'] ?? 0);
  return most !== undefined && asked > most ? `asks for ${asked} tokens of at most ${most}` : null;
}

/**
 * What is wrong with the requests that a provider is sent, each told with the model and the request. `told` is what the
 * encoder is told of it, which is the same.
 */
export function requestFaults(provider: ProviderData, told: ProviderData = provider): readonly string[] {
  const format = UPSTREAM_FORMATS[provider.format];
  const { quirks, reasoningModelQuirks, models = [] } = told;
  return modelsOf(provider).flatMap((model) => {
    const target = providerTarget({ quirks, reasoningModelQuirks, models, deployments: {} }, model);
    const held = quirksOf(provider, model);
    return SAMPLE_REQUESTS.flatMap(([name, canonical]) => {
      const encoded = format.encodeRequest(canonical, target);
      const body = encoded.body as Body;
      const broken = held.filter((quirk) => QUIRK_RULES[quirk]?.(body) === false);
      const faults = [refusal(provider, encoded, held), limitFault(provider, model, body)];
      return [...faults.filter((fault) => fault !== null), ...broken.map((quirk) => `breaks ${quirk}`)].map(
        (fault) => `${fault} (${name}, ${model.id})`,
      );
    });
  });
}
