/**
 * What an encoder has to know about the model it writes for. The defaults send only what every server of the format
 * takes; what more a server takes, or what it refuses, is declared.
 */
export interface EncodeTarget {
  readonly model: string;
  /** `max_tokens` above this is clamped. */
  readonly maxOutputTokens?: number;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly supportsReasoningEffort: boolean;
  readonly acceptsParallelToolCalls: boolean;
  /** Takes `stream_options.include_usage`. */
  readonly acceptsStreamOptions: boolean;
  /** Takes `temperature` and `top_p`; reasoning models of OpenAI refuse both. */
  readonly acceptsSampling: boolean;
  readonly acceptsStop: boolean;
  readonly acceptsResponseFormat: boolean;
  readonly acceptsImages: boolean;
  /** Takes PDF documents as `file` parts. */
  readonly acceptsFiles: boolean;
  /** Wants its own `reasoning_content` back in the history. */
  readonly replaysReasoning: boolean;
  /** How a system message in mid-conversation is written; some chat templates refuse one that is not the first. */
  readonly midConversationSystem: 'system' | 'developer' | 'user';
  /** Where models live below the base URL of a Gemini server; Vertex has them among other publishers' models. */
  readonly geminiModelsPath: 'models' | 'publishers/google/models';
  /** What the model takes, for names that do not tell their generation; absent reads it from the name. */
  readonly geminiGeneration?: 2 | 3;
  /** Can be asked to stream the arguments of its calls; Vertex only. */
  readonly streamsFunctionArguments: boolean;
}

const SAFE_DEFAULTS: Omit<EncodeTarget, 'model'> = {
  maxTokensField: 'max_tokens',
  supportsReasoningEffort: false,
  acceptsParallelToolCalls: true,
  acceptsStreamOptions: true,
  acceptsSampling: true,
  acceptsStop: true,
  acceptsResponseFormat: true,
  acceptsImages: true,
  acceptsFiles: false,
  replaysReasoning: false,
  midConversationSystem: 'system',
  geminiModelsPath: 'models',
  streamsFunctionArguments: false,
};

/** Deviations that a provider can be configured with, by name. */
const QUIRKS = {
  'max-completion-tokens': { maxTokensField: 'max_completion_tokens' },
  'reasoning-effort': { supportsReasoningEffort: true },
  'no-parallel-tool-calls': { acceptsParallelToolCalls: false },
  'no-stream-options': { acceptsStreamOptions: false },
  'no-sampling': { acceptsSampling: false },
  'no-stop': { acceptsStop: false },
  'no-response-format': { acceptsResponseFormat: false },
  'no-images': { acceptsImages: false },
  files: { acceptsFiles: true },
  'replay-reasoning': { replaysReasoning: true },
  'mid-system-as-user': { midConversationSystem: 'user' },
  'mid-system-as-developer': { midConversationSystem: 'developer' },
  'vertex-models': { geminiModelsPath: 'publishers/google/models' },
  'gemini-2': { geminiGeneration: 2 },
  'gemini-3': { geminiGeneration: 3 },
  'stream-function-arguments': { streamsFunctionArguments: true },
} as const satisfies Record<string, Partial<EncodeTarget>>;

export type QuirkName = keyof typeof QUIRKS;

export function isQuirkName(name: string): name is QuirkName {
  return Object.hasOwn(QUIRKS, name);
}

export interface EncodeTargetInput {
  readonly model: string;
  readonly maxOutputTokens?: number | undefined;
  readonly supportsReasoningEffort?: boolean | undefined;
  /** Names that are not quirks are ignored here; the configuration check reports them. */
  readonly quirks?: readonly string[] | undefined;
}

/** Builds a target from what the configuration says about a provider and a model; the model's word wins. */
export function createEncodeTarget(input: EncodeTargetInput): EncodeTarget {
  const quirks = (input.quirks ?? []).filter(isQuirkName).map((name) => QUIRKS[name]);
  const target: EncodeTarget = Object.assign({ ...SAFE_DEFAULTS, model: input.model }, ...quirks);
  return {
    ...target,
    ...(input.maxOutputTokens === undefined ? {} : { maxOutputTokens: input.maxOutputTokens }),
    ...(input.supportsReasoningEffort === undefined ? {} : { supportsReasoningEffort: input.supportsReasoningEffort }),
  };
}
