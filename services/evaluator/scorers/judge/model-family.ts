/**
 * Who makes a model, by its id. Judges lean to their own family's answers, so that one of another family is asked. First
 * match wins: distilled models carry two names, and count as the family whose answers they learned from.
 */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/claude/, 'anthropic'],
  [/deepseek/, 'deepseek'],
  [/(^|[/:.])(gpt|chatgpt|o\d|codex|davinci)(?![a-z])|gpt-|openai/, 'openai'],
  [/gemini|gemma|palm|bison/, 'google'],
  [/qwen|qwq|tongyi/, 'alibaba'],
  [/mistral|mixtral|ministral|codestral|devstral|magistral|pixtral/, 'mistral'],
  [/grok/, 'xai'],
  [/command|cohere|aya/, 'cohere'],
  [/nova|titan/, 'amazon'],
  [/phi-?\d|wizardlm/, 'microsoft'],
  [/glm|zhipu/, 'zhipu'],
  [/kimi|moonshot/, 'moonshot'],
  [/minimax|abab/, 'minimax'],
  [/granite/, 'ibm'],
  [/llama|nemotron|hermes|vicuna/, 'meta'],
];

/** The family of a model; an id that says nothing is a family of its own. */
export function modelFamily(modelId: string): string {
  const id = modelId.toLowerCase();
  return FAMILIES.find(([sign]) => sign.test(id))?.[1] ?? id;
}
