import type { Quirk } from './quirk.ts';

/** How messages must look, or may look, for a server. */
export const MESSAGE_QUIRKS = {
  'no-images': {
    why: 'Takes text only; an image part is refused.',
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    target: { acceptsImages: false },
  },
  'inline-images': {
    why: 'Takes images as base64 only, and answers "invalid image input" to an address.',
    source: 'https://docs.ollama.com/api/openai-compatibility',
    target: { acceptsImageUrls: false },
  },
  files: {
    why: 'Takes PDF documents as file parts, which most servers refuse.',
    source: 'https://platform.openai.com/docs/guides/pdf-files',
    target: { acceptsFiles: true },
  },
  'cache-control': {
    why: 'Takes cache_control on text parts and hands it to Claude and Gemini, which cache nothing without it.',
    source: 'https://openrouter.ai/docs/features/prompt-caching',
    target: { acceptsCacheControl: true },
  },
  'nine-character-tool-ids': {
    why: 'Tool call id must be a-z, A-Z, 0-9, with a length of 9.',
    source: 'https://github.com/anomalyco/opencode/issues/1680',
    target: { toolCallIds: 'nine-characters' },
  },
  'no-user-after-tool': {
    why: "Unexpected role 'user' after role 'tool': an assistant message has to stand between them.",
    source: 'https://github.com/zed-industries/zed/issues/37021',
    target: { acceptsUserAfterTool: false },
  },
  'alternating-roles': {
    why: 'The chat templates of some models raise an error when two user messages follow one another.',
    source: 'https://github.com/vllm-project/vllm/issues/6862',
    target: { acceptsConsecutiveUsers: false },
  },
  'no-system-role': {
    why: 'The chat templates of some models raise "System role not supported".',
    source: 'https://github.com/vllm-project/vllm/pull/2964',
    target: { acceptsSystemRole: false },
  },
  'mid-system-as-user': {
    why: "Unexpected role 'system' after role 'assistant': only the first message may be a system message.",
    source: 'https://github.com/swarmauri/swarmauri-sdk/issues/162',
    target: { midConversationSystem: 'user' },
  },
  'mid-system-as-developer': {
    why: 'Reasoning models of OpenAI read instructions in developer messages.',
    source: 'https://platform.openai.com/docs/guides/text',
    target: { midConversationSystem: 'developer' },
  },
  'assistant-prefix': {
    why: 'Refuses an assistant message in the end unless it says prefix: true, and then goes on from it.',
    source: 'https://github.com/0xPlaygrounds/rig/pull/1130',
    target: { continuation: 'prefix' },
  },
  'continue-final-message': {
    why: 'Goes on from an assistant message in the end when it is told to; else it starts a new turn.',
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
    target: { continuation: 'continue_final_message' },
  },
} as const satisfies Record<string, Quirk>;
