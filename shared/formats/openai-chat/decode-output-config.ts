import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalBody } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';

type Effort = NonNullable<NonNullable<CanonicalBody['output_config']>['effort']>;
const EFFORTS: ReadonlySet<unknown> = new Set<Effort>(['low', 'medium', 'high', 'xhigh', 'max']);

export interface DecodedEffort {
  readonly effort?: Effort;
  readonly thinking?: Anthropic.ThinkingConfigParam;
}

/** An effort of OpenAI's: `none` means not to think, and `minimal` is nearest to `low`. */
export function decodeEffort(decoding: Ledger, effort: unknown, path: RequestPath): DecodedEffort {
  if (effort === undefined || effort === null) return {};
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  if (EFFORTS.has(effort)) return { effort: effort as Effort };
  lose(decoding, 'approximated', path, 'reasoning effort of another scale read as low');
  return { effort: 'low' };
}

/** The schema of a `json_schema` format, in which either OpenAI format wraps it; null for any other format. */
export function decodeJsonSchema(
  decoding: Ledger,
  format: unknown,
  path: RequestPath,
): Anthropic.JSONOutputFormat | null {
  if (!isJsonObject(format) || format['type'] !== 'json_schema') return null;
  const described = isJsonObject(format['json_schema']) ? format['json_schema'] : format;
  const { schema, description, strict } = described;
  if (!isJsonObject(schema)) return null;
  if (description !== undefined && description !== null) {
    lose(decoding, 'dropped', [...path, 'description'], 'description of the output schema');
  }
  if (strict === false) lose(decoding, 'approximated', [...path, 'strict'], 'output schema is not a mere hint');
  return { type: 'json_schema', schema };
}

/** `output_config` of what was decoded; absent when there is nothing in it. */
export function outputConfig(
  effort: DecodedEffort,
  format: Anthropic.JSONOutputFormat | null,
): Pick<CanonicalBody, 'output_config' | 'thinking'> {
  const config: JsonObject = {
    ...(effort.effort === undefined ? {} : { effort: effort.effort }),
    ...(format === null ? {} : { format }),
  };
  return {
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
    ...(effort.thinking === undefined ? {} : { thinking: effort.thinking }),
  };
}
