import { isQuirkName, QUIRKS } from './quirks/quirks.ts';

/**
 * What an encoder has to know about the model it writes for. The defaults send only what every server of the format
 * takes; what more a server takes, or what it refuses, is declared.
 */
export interface EncodeTarget {
  readonly model: string;
  /** A model id that tells what the model is, where its own does not; absent, its own does. */
  readonly family?: string;
  /** `max_tokens` above this is clamped. */
  readonly maxOutputTokens?: number;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Takes what OpenAI alone has: `store`, `metadata`, `verbosity`, `prompt_cache_key` and the like. */
  readonly acceptsOpenaiExtras: boolean;
  readonly acceptsPenalties: boolean;
  readonly acceptsLogitBias: boolean;
  readonly acceptsUser: boolean;
  readonly seedField: 'seed' | 'random_seed';
  readonly supportsReasoningEffort: boolean;
  /** Takes `reasoning_effort: "none"`, which turns reasoning off. */
  readonly acceptsEffortNone: boolean;
  readonly highestEffort: 'high' | 'xhigh' | 'max';
  /** The one level that is taken, where there is but one. */
  readonly onlyEffort?: 'high' | 'default';
  /** By which field reasoning is turned on and off. */
  readonly reasoningControl:
    | 'reasoning_effort'
    | 'thinking'
    | 'chat_template_kwargs'
    | 'reasoning'
    | 'reasoning.enabled';
  /** Sent as `reasoning_format`. */
  readonly reasoningFormat?: 'parsed';
  readonly acceptsParallelToolCalls: boolean;
  /** `none` takes no `tool_choice` at all; `auto-when-thinking` forces no call while it thinks. */
  readonly toolChoice: 'any' | 'none' | 'auto-when-thinking';
  /** Takes `stream_options.include_usage`. */
  readonly acceptsStreamOptions: boolean;
  /** Takes `temperature` and `top_p`; reasoning models of OpenAI refuse both. */
  readonly acceptsSampling: boolean;
  /** A higher `temperature` is clamped. */
  readonly temperatureMax: number;
  readonly acceptsTopPOfOne: boolean;
  readonly acceptsStop: boolean;
  readonly stopSequencesMax: number;
  readonly acceptsResponseFormat: boolean;
  /** Takes `response_format: json_schema`; otherwise `json_object` and the schema in words. */
  readonly acceptsJsonSchema: boolean;
  readonly acceptsResponseFormatWithTools: boolean;
  readonly acceptsImages: boolean;
  /** Fetches images by their address. */
  readonly acceptsImageUrls: boolean;
  /** Takes PDF documents as `file` parts. */
  readonly acceptsFiles: boolean;
  /** Takes `cache_control` on text parts. */
  readonly acceptsCacheControl: boolean;
  /** Wants its own reasoning back in the history. */
  readonly replaysReasoning: boolean;
  /** Where it wants it. */
  readonly reasoningField: 'reasoning_content' | 'reasoning' | 'thinking-parts';
  /** Reasoning stands in the text of an answer: between tags, or from the start to a closing one. */
  readonly thinkTags?: 'explicit' | 'implied';
  readonly toolCallIds: 'any' | 'nine-characters';
  readonly acceptsUserAfterTool: boolean;
  readonly acceptsConsecutiveUsers: boolean;
  readonly acceptsSystemRole: boolean;
  /** How the server is told to go on from an assistant message in the end. */
  readonly continuation: 'none' | 'prefix' | 'continue_final_message';
  /** How a system message in mid-conversation is written; some chat templates refuse one that is not the first. */
  readonly midConversationSystem: 'system' | 'developer' | 'user';
  /** Where models live below the base URL of a Gemini server; Vertex has them among other publishers' models. */
  readonly geminiModelsPath: 'models' | 'publishers/google/models';
  /** What the model takes, for names that do not tell their generation; absent reads it from the name. */
  readonly geminiGeneration?: 2 | 3;
  /** Can be asked to stream the arguments of its calls; Vertex only. */
  readonly streamsFunctionArguments: boolean;
}

/** Stop strings that Chat Completions takes by its own documentation. */
const STOP_SEQUENCES_MAX = 4;
const TEMPERATURE_MAX = 2;

const SAFE_DEFAULTS: Omit<EncodeTarget, 'model'> = {
  maxTokensField: 'max_tokens',
  acceptsOpenaiExtras: false,
  acceptsPenalties: true,
  acceptsLogitBias: true,
  acceptsUser: true,
  seedField: 'seed',
  supportsReasoningEffort: false,
  acceptsEffortNone: false,
  highestEffort: 'high',
  reasoningControl: 'reasoning_effort',
  acceptsParallelToolCalls: true,
  toolChoice: 'any',
  acceptsStreamOptions: true,
  acceptsSampling: true,
  temperatureMax: TEMPERATURE_MAX,
  acceptsTopPOfOne: true,
  acceptsStop: true,
  stopSequencesMax: STOP_SEQUENCES_MAX,
  acceptsResponseFormat: true,
  acceptsJsonSchema: true,
  acceptsResponseFormatWithTools: true,
  acceptsImages: true,
  acceptsImageUrls: true,
  acceptsFiles: false,
  acceptsCacheControl: false,
  replaysReasoning: false,
  reasoningField: 'reasoning_content',
  toolCallIds: 'any',
  acceptsUserAfterTool: true,
  acceptsConsecutiveUsers: true,
  acceptsSystemRole: true,
  continuation: 'none',
  midConversationSystem: 'system',
  geminiModelsPath: 'models',
  streamsFunctionArguments: false,
};

export interface EncodeTargetInput {
  readonly model: string;
  readonly family?: string | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly supportsReasoningEffort?: boolean | undefined;
  /** Names that are not quirks are ignored here; the configuration check reports them. */
  readonly quirks?: readonly string[] | undefined;
}

/** Builds a target from what the configuration says about a provider and a model; the model's word wins. */
export function createEncodeTarget(input: EncodeTargetInput): EncodeTarget {
  const quirks = (input.quirks ?? []).filter(isQuirkName).map((name) => QUIRKS[name].target);
  const target: EncodeTarget = Object.assign({ ...SAFE_DEFAULTS, model: input.model }, ...quirks);
  return {
    ...target,
    ...(input.family === undefined ? {} : { family: input.family }),
    ...(input.maxOutputTokens === undefined ? {} : { maxOutputTokens: input.maxOutputTokens }),
    ...(input.supportsReasoningEffort === undefined ? {} : { supportsReasoningEffort: input.supportsReasoningEffort }),
  };
}
