/** What is true of a family of models behind Converse; the API refuses what a model does not take. */
export interface ModelTraits {
  /** Kinds of `toolChoice` beside `auto`, which is the default of every model and never sent. */
  readonly toolChoices: readonly ('any' | 'tool')[];
  /** Where `cachePoint` may stand. */
  readonly cachePoints: readonly ('system' | 'tools' | 'messages')[];
  /** Takes `status`, images and documents in a tool result. */
  readonly richToolResults: boolean;
  /** How reasoning and sampling beyond `inferenceConfig` are asked for in `additionalModelRequestFields`. */
  readonly dialect: 'anthropic' | 'nova' | 'openai' | null;
  /** Takes signed reasoning of earlier turns back, and insists on it inside a loop of tool calls. */
  readonly replaysReasoning: boolean;
  /** Only these keys at the top of a tool's schema. */
  readonly schemaKeys?: readonly string[];
  /** Takes `outputConfig.textFormat`. */
  readonly outputFormat: boolean;
}

const CAUTIOUS: ModelTraits = {
  toolChoices: [],
  cachePoints: [],
  richToolResults: false,
  dialect: null,
  replaysReasoning: false,
  outputFormat: true,
};

/**
 * By model id, also inside of an inference profile's id or ARN. Sources: the tables "Supported models and features" and
 * "Prompt caching" of the Bedrock user guide, the notes on `ToolChoice` and `ToolResultBlock` in its API reference,
 * and the Nova guide's "Tool use" on schemas.
 */
const TRAITS: readonly (readonly [RegExp, ModelTraits])[] = [
  [
    /anthropic\.|claude/i,
    {
      toolChoices: ['any', 'tool'],
      cachePoints: ['system', 'tools', 'messages'],
      richToolResults: true,
      dialect: 'anthropic',
      replaysReasoning: true,
      outputFormat: true,
    },
  ],
  [
    /amazon\.nova/i,
    {
      toolChoices: ['any', 'tool'],
      cachePoints: ['system', 'messages'],
      richToolResults: true,
      dialect: 'nova',
      replaysReasoning: false,
      schemaKeys: ['type', 'properties', 'required'],
      outputFormat: false,
    },
  ],
  [/mistral\./i, { ...CAUTIOUS, toolChoices: ['any'] }],
  [/openai\./i, { ...CAUTIOUS, dialect: 'openai' }],
];

/** Traits of a model; of one whose id says nothing (an application inference profile), only what all models take. */
export function modelTraits(model: string): ModelTraits {
  return TRAITS.find(([pattern]) => pattern.test(model))?.[1] ?? CAUTIOUS;
}

/** Whether the signatures of a model's reasoning are Anthropic's, which every host of its models takes. */
export function isAnthropicModel(model: string): boolean {
  return modelTraits(model).dialect === 'anthropic';
}
