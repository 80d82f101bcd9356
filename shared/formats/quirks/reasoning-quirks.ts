import type { Quirk } from './quirk.ts';

/** How reasoning is asked for, turned off, sent back and read. */
export const REASONING_QUIRKS = {
  'reasoning-effort': {
    why: 'Takes reasoning_effort, which servers without reasoning models refuse.',
    source: 'https://platform.openai.com/docs/guides/reasoning',
    target: { supportsReasoningEffort: true, reasoningControl: 'reasoning_effort' },
  },
  'effort-none': {
    why: 'reasoning_effort none turns reasoning off; elsewhere it is refused and the model thinks as it likes.',
    source: 'https://docs.mistral.ai/capabilities/reasoning/',
    target: { acceptsEffortNone: true },
  },
  'effort-only-high': {
    why: 'Of the levels of reasoning_effort only high is taken.',
    source: 'https://docs.mistral.ai/capabilities/reasoning/',
    target: { onlyEffort: 'high' },
  },
  'effort-only-default': {
    why: 'Of the levels of reasoning_effort only default is taken.',
    source: 'https://console.groq.com/docs/reasoning',
    target: { onlyEffort: 'default' },
  },
  'effort-up-to-xhigh': {
    why: 'Knows a level above high.',
    source: 'https://platform.openai.com/docs/guides/reasoning',
    target: { highestEffort: 'xhigh' },
  },
  'effort-up-to-max': {
    why: 'Knows the level max.',
    source: 'https://api-docs.deepseek.com/guides/thinking_mode',
    target: { highestEffort: 'max' },
  },
  'thinking-type': {
    why: 'Thinking is turned on and off by thinking: {type}, and an effort beside disabled thinking is a conflict.',
    source: 'https://api-docs.deepseek.com/guides/thinking_mode',
    target: { supportsReasoningEffort: true, reasoningControl: 'thinking' },
  },
  'template-thinking': {
    why: 'The chat template turns thinking on and off by chat_template_kwargs.enable_thinking.',
    source: 'https://docs.vllm.ai/en/v0.26.0/features/reasoning_outputs/',
    target: { supportsReasoningEffort: true, reasoningControl: 'chat_template_kwargs' },
  },
  'reasoning-object': {
    why: 'Reasoning is asked for by reasoning: {effort | max_tokens | enabled}.',
    source: 'https://openrouter.ai/docs/use-cases/reasoning-tokens',
    target: { supportsReasoningEffort: true, reasoningControl: 'reasoning' },
  },
  'reasoning-enabled': {
    why: 'Hybrid models are switched by reasoning: {enabled}; the effort has a field of its own.',
    source: 'https://docs.together.ai/docs/inference/chat/reasoning',
    target: { supportsReasoningEffort: true, reasoningControl: 'reasoning.enabled' },
  },
  'parsed-reasoning-format': {
    why: 'Reasoning stands as <think> tags in the text unless reasoning_format asks for it apart.',
    source: 'https://console.groq.com/docs/reasoning',
    target: { reasoningFormat: 'parsed' },
  },
  'replay-reasoning': {
    why: 'The reasoning_content in the thinking mode must be passed back to the API: 400 on the turn after a call.',
    source: 'https://api-docs.deepseek.com/guides/thinking_mode',
    target: { replaysReasoning: true },
  },
  'replay-as-reasoning': {
    why: 'Interleaved thinking wants its reasoning back in the field reasoning.',
    source: 'https://docs.vllm.ai/en/v0.17.1/features/interleaved_thinking/',
    target: { replaysReasoning: true, reasoningField: 'reasoning' },
  },
  'replay-as-thinking-parts': {
    why: 'Wants its reasoning back as thinking parts of the content; a field reasoning_content is not permitted.',
    source: 'https://github.com/charmbracelet/crush/issues/1590',
    target: { replaysReasoning: true, reasoningField: 'thinking-parts' },
  },
  'think-tags': {
    why: 'A server without a reasoning parser leaves <think>…</think> in the text.',
    source: 'https://docs.vllm.ai/en/v0.26.0/features/reasoning_outputs/',
    target: { thinkTags: 'explicit' },
  },
  'implied-think-tag': {
    why: 'The chat template writes the opening <think> itself, so the text begins in the middle of the reasoning.',
    source: 'https://huggingface.co/deepseek-ai/DeepSeek-R1/discussions/144',
    target: { thinkTags: 'implied' },
  },
} as const satisfies Record<string, Quirk>;
