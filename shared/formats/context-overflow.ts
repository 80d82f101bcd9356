import { type ApiError, invalidRequest } from './api-error.ts';

/** What an overflow message says, in tokens. */
interface OverflowFacts {
  readonly input?: number;
  readonly output?: number;
  readonly maximum?: number;
}

type FactNames = readonly (keyof OverflowFacts)[];

/** Wordings of servers in use, with the meaning of their numbers in order. Commas in numbers are removed before. */
const WORDINGS: readonly (readonly [RegExp, FactNames])[] = [
  // OpenAI, vLLM, DeepSeek, OpenRouter: total requested, split into input and output.
  [
    /maximum context length (?:is|of) (\d+) tokens.*?requested (?:about )?\d+ tokens \((\d+) (?:in the messages|of text input|in the prompt|in your prompt)[^)]*?(\d+) (?:in the completion|in the output|for the completion)/s,
    ['maximum', 'input', 'output'],
  ],
  // vLLM since 0.11.
  [
    /maximum context length (?:is|of) (\d+) tokens.*?requested (\d+) output tokens and your prompt contains (?:at least )?(\d+) input tokens/s,
    ['maximum', 'output', 'input'],
  ],
  // vLLM: 'max_tokens' is too large.
  [
    /too large: (\d+)\. This model's maximum context length is (\d+) tokens and your request has (\d+) input tokens/,
    ['output', 'maximum', 'input'],
  ],
  // OpenAI: messages alone.
  [
    /maximum context length (?:is|of) (\d+) tokens.*?(?:resulted in|requested|contains|has) (?:about |at least )?(\d+)/s,
    ['maximum', 'input'],
  ],
  [/limit of (\d+) tokens.*?resulted in (\d+) tokens/s, ['maximum', 'input']],
  // llama.cpp.
  [/request \((\d+) tokens\) exceeds the available context size \((\d+) tokens\)/, ['input', 'maximum']],
  // Mistral.
  [/[Pp]rompt contains (\d+) tokens.*?(\d+) maximum context length/s, ['input', 'maximum']],
  // SGLang.
  [/\((\d+) tokens\) is longer than the model's context length \((\d+) tokens\)/, ['input', 'maximum']],
  // Together, TGI.
  [/must be <= (\d+)\. Given: (\d+) `inputs` tokens and (\d+) `max_new_tokens`/, ['maximum', 'input', 'output']],
  // Gemini behind a compatible endpoint.
  [/input token count \((\d+)\) exceeds the maximum number of tokens allowed \((\d+)\)/, ['input', 'maximum']],
  [/prompt is too long: (\d+) tokens > (\d+) maximum/, ['input', 'maximum']],
  [/maximum context length (?:is|of) (\d+)/, ['maximum']],
];

const OVERFLOW_CODES: ReadonlySet<string> = new Set(['context_length_exceeded', 'exceed_context_size_error']);
const OVERFLOW_WORDS =
  /maximum context length|context (?:length|window|size)[^.]{0,40}exceed|exceeds? (?:the|this)[^.]{0,40}context|prompt is too long|input is too long|longer than the model's context/i;

function readFacts(message: string): OverflowFacts {
  const text = message.replace(/(?<=\d),(?=\d{3})/g, '');
  for (const [wording, names] of WORDINGS) {
    const match = wording.exec(text);
    if (match !== null) return Object.fromEntries(names.map((name, index) => [name, Number(match[index + 1])]));
  }
  return {};
}

export interface OverflowKnowledge {
  readonly inputTokensEstimate?: number | undefined;
  readonly contextTokens?: number | undefined;
}

/**
 * The error in Anthropic's wording when `message` is some server's context overflow, else null. Clients compact, or
 * lower `max_tokens`, only when they recognise the words; numbers that the upstream left out come from `knowledge`.
 */
export function contextOverflowError(
  message: string,
  code: string | null,
  knowledge: OverflowKnowledge,
): ApiError | null {
  if (!(code !== null && OVERFLOW_CODES.has(code)) && !OVERFLOW_WORDS.test(message)) {
    const facts = readFacts(message);
    if (facts.input === undefined || facts.maximum === undefined) return null;
  }
  const facts = readFacts(message);
  const maximum = facts.maximum ?? knowledge.contextTokens;
  if (maximum === undefined) return invalidRequest(`prompt is too long: ${message}`);
  if (facts.output !== undefined && facts.input !== undefined && facts.input < maximum) {
    return invalidRequest(
      `input length and \`max_tokens\` exceed context limit: ${facts.input} + ${facts.output} > ${maximum}, ` +
        'decrease input length or `max_tokens` and try again',
    );
  }
  const input = Math.max(facts.input ?? knowledge.inputTokensEstimate ?? 0, maximum + 1);
  return invalidRequest(`prompt is too long: ${input} tokens > ${maximum} maximum`);
}
