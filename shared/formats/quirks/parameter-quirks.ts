import type { Quirk } from './quirk.ts';

/** Parameters that a server refuses, renames or limits. */
export const PARAMETER_QUIRKS = {
  'max-completion-tokens': {
    why: 'Reasoning models answer 400 to max_tokens.',
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    target: { maxTokensField: 'max_completion_tokens' },
  },
  'openai-extras': {
    why: 'Only OpenAI knows store, metadata, verbosity and the like; strict servers answer 400 to them.',
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    target: { acceptsOpenaiExtras: true },
  },
  'no-parallel-tool-calls': {
    why: 'parallel_tool_calls is refused, or ignored without a word.',
    source: 'https://docs.vllm.ai/en/v0.6.4.post1/serving/openai_compatible_server.html',
    target: { acceptsParallelToolCalls: false },
  },
  'no-stream-options': {
    why: 'stream_options is an extra input that is not permitted; usage comes without being asked for.',
    source: 'https://github.com/dnakov/anon-kode/issues/53',
    target: { acceptsStreamOptions: false },
  },
  'no-sampling': {
    why: 'Reasoning models answer 400 to temperature and top_p.',
    source: 'https://platform.openai.com/docs/guides/reasoning',
    target: { acceptsSampling: false },
  },
  'temperature-up-to-1': {
    why: 'A temperature above 1 is refused.',
    source: 'https://github.com/cohere-ai/cohere-developer-experience/pull/523',
    target: { temperatureMax: 1 },
  },
  'temperature-up-to-1.5': {
    why: 'A temperature above 1.5 is refused.',
    source: 'https://github.com/scottyeager/Pal/issues/28',
    target: { temperatureMax: 1.5 },
  },
  'top-p-below-one': {
    why: 'top_p of exactly 1 is refused although it only means that nothing is cut off.',
    source: 'https://github.com/huggingface/text-generation-inference/issues/2222',
    target: { acceptsTopPOfOne: false },
  },
  'no-stop': {
    why: 'Reasoning models answer 400 to stop.',
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    target: { acceptsStop: false },
  },
  'stop-up-to-5': {
    why: 'Takes five stop strings, one more than OpenAI.',
    source: 'https://docs.cohere.com/reference/chat',
    target: { stopSequencesMax: 5 },
  },
  'stop-up-to-16': {
    why: 'Takes sixteen stop strings.',
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    target: { stopSequencesMax: 16 },
  },
  'stop-unlimited': {
    why: 'Takes any number of stop strings, so that cutting them off at four would lose what works.',
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
    target: { stopSequencesMax: Number.MAX_SAFE_INTEGER },
  },
  'no-penalties': {
    why: 'Reasoning models answer 400 to presence_penalty and frequency_penalty.',
    source: 'https://docs.x.ai/docs/guides/reasoning',
    target: { acceptsPenalties: false },
  },
  'no-logit-bias': {
    why: 'logit_bias results in a 400.',
    source: 'https://console.groq.com/docs/openai',
    target: { acceptsLogitBias: false },
  },
  'no-user': {
    why: 'user is an extra input that is not permitted.',
    source: 'https://github.com/mistralai/platform-docs-public/issues/7',
    target: { acceptsUser: false },
  },
  'random-seed': {
    why: 'The seed is called random_seed; seed is an extra input that is not permitted.',
    source: 'https://docs.mistral.ai/api/',
    target: { seedField: 'random_seed' },
  },
  'no-response-format': {
    why: 'response_format is refused or ignored.',
    source:
      'https://github.com/triton-inference-server/server/blob/main/python/openai/openai_frontend/schemas/openai.py',
    target: { acceptsResponseFormat: false },
  },
  'json-object-only': {
    why: 'Knows response_format json_object only; json_schema is answered with 400.',
    source: 'https://github.com/presenton/presenton/issues/676',
    target: { acceptsJsonSchema: false },
  },
  'no-response-format-with-tools': {
    why: 'response_format together with tools is refused.',
    source: 'https://console.groq.com/docs/structured-outputs',
    target: { acceptsResponseFormatWithTools: false },
  },
  'no-tool-choice': {
    why: 'tool_choice is ignored, so a forced call would be lost without a word.',
    source: 'https://github.com/ollama/ollama/issues/17921',
    target: { toolChoice: 'none' },
  },
  'no-forced-tool-choice-when-thinking': {
    why: 'Thinking mode does not support this tool_choice: 400 for required and for a named function.',
    source: 'https://github.com/pydantic/pydantic-ai/pull/7450',
    target: { toolChoice: 'auto-when-thinking' },
  },
} as const satisfies Record<string, Quirk>;
