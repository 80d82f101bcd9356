import type { ImageRule } from './image-tokens.ts';

/**
 * How a family of models makes tokens of a conversation. `textFactor` is how many tokens it has for one of o200k, the
 * only encoding that is run here; above 1 it leans to too many, because a count that is too small lets a client miss
 * the moment to compact.
 */
export interface TokenFamily {
  readonly name: string;
  readonly textFactor: number;
  /** Whether its chat template is known token by token: OpenAI's is, others get a generous allowance per block. */
  readonly framing: 'openai' | 'generic';
  /** What explains the use of tools, once a request has any. */
  readonly toolPromptTokens: number;
  readonly pageTokens: number;
  readonly image: ImageRule;
}

const OPENAI = { textFactor: 1, framing: 'openai', toolPromptTokens: 0, pageTokens: 2_500 } as const;
const GENERIC = { framing: 'generic', toolPromptTokens: 150, pageTokens: 2_500 } as const;
const AREA: ImageRule = { type: 'area', longEdgeMax: 1_568, tokensMax: 1_600 };

/**
 * First match wins. Text factors are those of recorded replies with their usage (Claude 1.27 to 1.34, Qwen, DeepSeek and
 * Mistral 1.01 to 1.03, Gemini 1.07) and some percent above; families without such a reply have their tokenizer's
 * published ratio or, where there is none, that of the nearest relative.
 */
const FAMILIES: readonly (readonly [RegExp, TokenFamily])[] = [
  [/gpt-4o-mini/, { ...OPENAI, name: 'gpt-4o-mini', image: { type: 'tiles', base: 2_833, perTile: 5_667 } }],
  [/(gpt-4\.1|gpt-5(\.\d)?)-mini/, { ...OPENAI, name: 'gpt-mini', image: { type: 'patches', factor: 1.62 } }],
  [/(gpt-4\.1|gpt-5(\.\d)?)-nano/, { ...OPENAI, name: 'gpt-nano', image: { type: 'patches', factor: 2.46 } }],
  [/o4-mini/, { ...OPENAI, name: 'o4-mini', image: { type: 'patches', factor: 1.72 } }],
  [/gpt-5/, { ...OPENAI, name: 'gpt-5', image: { type: 'tiles', base: 70, perTile: 140 } }],
  [
    /gpt-4o|gpt-4\.[15]|chatgpt|gpt-oss/,
    { ...OPENAI, name: 'gpt-4o', image: { type: 'tiles', base: 85, perTile: 170 } },
  ],
  [/(^|[/.:])o[13](-|$)/, { ...OPENAI, name: 'o-series', image: { type: 'tiles', base: 75, perTile: 150 } }],
  [/gpt-(4|3\.5)/, { ...OPENAI, name: 'gpt-4', textFactor: 1.08, image: { type: 'tiles', base: 85, perTile: 170 } }],
  [
    /claude-(opus-4-[7-9]|(opus|sonnet|haiku|fable)-([5-9]|\d{2}))/,
    {
      ...{ ...GENERIC, name: 'claude-5', textFactor: 1.45, toolPromptTokens: 350, pageTokens: 3_500 },
      image: { type: 'area', longEdgeMax: 2_576, tokensMax: 4_784 },
    },
  ],
  [/claude/, { ...GENERIC, name: 'claude', textFactor: 1.34, toolPromptTokens: 350, pageTokens: 3_000, image: AREA }],
  [
    /gemini-[3-9]/,
    {
      ...GENERIC,
      name: 'gemini-3',
      textFactor: 1.12,
      toolPromptTokens: 0,
      pageTokens: 1_120,
      image: { type: 'fixed', tokens: 1_120 },
    },
  ],
  [
    /gemini|gemma/,
    {
      ...GENERIC,
      name: 'gemini',
      textFactor: 1.12,
      toolPromptTokens: 0,
      pageTokens: 560,
      image: { type: 'gemini-tiles' },
    },
  ],
  [/qwen|qwq/, { ...GENERIC, name: 'qwen', textFactor: 1.1, image: { ...AREA, longEdgeMax: 2_576, tokensMax: 4_096 } }],
  [/deepseek/, { ...GENERIC, name: 'deepseek', textFactor: 1.08, image: AREA }],
  [
    /mistral|mixtral|magistral|codestral|devstral|ministral|pixtral/,
    { ...GENERIC, name: 'mistral', textFactor: 1.12, toolPromptTokens: 100, image: AREA },
  ],
  [/llama/, { ...GENERIC, name: 'llama', textFactor: 1.08, image: AREA }],
];

const UNKNOWN: TokenFamily = { ...GENERIC, name: 'unknown', textFactor: 1.15, toolPromptTokens: 350, image: AREA };

/** The family of a model by its id, in whatever wrapping a provider has for it (`openai/gpt-4o`, `us.anthropic.claude-…`). */
export function tokenFamilyOf(model: string): TokenFamily {
  const id = model.toLowerCase();
  return FAMILIES.find(([pattern]) => pattern.test(id))?.[1] ?? UNKNOWN;
}
