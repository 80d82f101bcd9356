import type { Quirk } from './quirk.ts';

/** Deviations among servers that speak Gemini's own format. */
export const GEMINI_QUIRKS = {
  'vertex-models': {
    why: "Vertex has Google's models among those of other publishers.",
    source: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
    target: { geminiModelsPath: 'publishers/google/models' },
  },
  'gemini-2': {
    why: 'Generation 2 takes a thinking budget and no level; the name of the model does not tell.',
    source: 'https://ai.google.dev/gemini-api/docs/thinking',
    target: { geminiGeneration: 2 },
  },
  'gemini-3': {
    why: 'Generation 3 takes a thinking level and demands thought signatures; the name of the model does not tell.',
    source: 'https://ai.google.dev/gemini-api/docs/thought-signatures',
    target: { geminiGeneration: 3 },
  },
  'stream-function-arguments': {
    why: 'Vertex streams the arguments of calls when it is asked to; AI Studio refuses the question.',
    source: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling',
    target: { streamsFunctionArguments: true },
  },
} as const satisfies Record<string, Quirk>;
