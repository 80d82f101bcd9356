import type { EncodedRequest } from '../format.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { type Loss, recordLoss } from '../loss.ts';

/** What a cloud that hosts Anthropic's models wants otherwise than Anthropic itself. */
export interface AnthropicHost {
  readonly name: string;
  readonly anthropicVersion: string;
  /** Fields of the body that the host refuses beside `model`, which it has in its path. */
  readonly refusedFields: readonly string[];
  /** Beta flags that the host knows; it refuses a request with any other. */
  readonly betas: readonly string[];
  /** Fields that are refused unless a request brings one of these flags. */
  readonly fieldBetas: Readonly<Record<string, string>>;
}

export interface HostedRequest {
  readonly body: JsonObject;
  readonly model: string;
  readonly isStream: boolean;
  /** Flags to send, in whichever way the host wants them. */
  readonly betas: readonly string[];
  readonly losses: readonly Loss[];
}

function keepBetas(host: AnthropicHost, betas: readonly string[], losses: Loss[]): readonly string[] {
  const known = betas.filter((beta) => host.betas.includes(beta));
  if (known.length < betas.length) {
    const detail = `beta flag that ${host.name} does not know`;
    recordLoss(losses, { kind: 'dropped', pointer: '/anthropic-beta', format: 'anthropic-messages', detail });
  }
  return known;
}

/**
 * An Anthropic request as its hosts take it: the body as it is, with `anthropic_version` in it and the model taken out.
 * Thinking, signatures and cache breakpoints are not touched.
 */
export function hostRequest(encoded: EncodedRequest, host: AnthropicHost, betas: readonly string[]): HostedRequest {
  const losses: Loss[] = [...encoded.losses];
  const kept = keepBetas(host, betas, losses);
  const body: JsonObject = { anthropic_version: host.anthropicVersion };
  for (const [field, value] of Object.entries(isJsonObject(encoded.body) ? encoded.body : {})) {
    if (field === 'model' || value === undefined) continue;
    const neededBeta = host.fieldBetas[field];
    const isRefused = host.refusedFields.includes(field) || (neededBeta !== undefined && !kept.includes(neededBeta));
    if (!isRefused) body[field] = value;
    else {
      const detail = `request field that ${host.name} does not take: ${field}`;
      recordLoss(losses, { kind: 'dropped', pointer: `/${field}`, format: 'anthropic-messages', detail });
    }
  }
  const { model, stream } = isJsonObject(encoded.body) ? encoded.body : {};
  return { body, model: String(model), isStream: stream === true, betas: kept, losses };
}

/** The flags of an `anthropic-beta` header. */
export function readBetas(header: string | string[] | undefined): readonly string[] {
  const texts = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return texts.flatMap((text) => text.split(',').map((beta) => beta.trim())).filter((beta) => beta !== '');
}
