import { describe, expect, test } from 'vitest';
import { decodeError } from './decode-error.ts';

const context = { nowSeconds: 1_790_000_000 };
const openai = (message: string, more: object = {}) =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', ...more } });
const decode = (status: number, body: string, headers: Record<string, string> = {}, more: object = {}) =>
  decodeError(status, headers, body, { ...context, ...more });

describe('an upstream error', () => {
  test.each([
    [400, openai("Unknown parameter: 'foo'."), 'invalid_request_error', 400, false, "Unknown parameter: 'foo'."],
    [404, openai('The model `x` does not exist'), 'not_found_error', 404, true, 'The model `x` does not exist'],
    [408, '{}', 'timeout_error', 408, true, 'The upstream answered HTTP 408 without an explanation.'],
    [413, '{"error":"payload too large"}', 'request_too_large', 413, false, 'payload too large'],
    [
      422,
      '{"detail":[{"msg":"field required"},{"msg":"bad value"}]}',
      'invalid_request_error',
      400,
      false,
      'field required; bad value',
    ],
    [429, openai('Rate limit reached'), 'rate_limit_error', 429, true, 'Rate limit reached'],
    [500, '{"object":"error","message":"oops","type":"InternalServerError"}', 'api_error', 500, true, 'oops'],
    [
      502,
      '<html><body>Bad gateway</body></html>',
      'api_error',
      502,
      true,
      'The upstream answered HTTP 502 without an explanation.',
    ],
    [503, 'model is loading', 'overloaded_error', 529, true, 'model is loading'],
    [504, '', 'timeout_error', 504, true, 'The upstream answered HTTP 504 without an explanation.'],
    [
      400,
      '[{"error":{"code":400,"message":"Invalid JSON payload","status":"INVALID_ARGUMENT"}}]',
      'invalid_request_error',
      400,
      false,
      'Invalid JSON payload',
    ],
  ])('%i %s keeps its wording in an Anthropic type', (status, body, type, clientStatus, retryable, message) => {
    expect(decode(status, body)).toMatchObject({ type, status: clientStatus, retryable, message });
  });

  test.each([401, 402, 403])('%i never reaches the client as one, says why, and hides the key', (status) => {
    const error = decode(
      status,
      openai('Incorrect API key provided: sk-proj-abcdefgh1234.', { code: 'invalid_api_key' }),
    );
    expect(error).toMatchObject({ type: 'api_error', status: 502, shouldRetry: false, configurationFault: true });
    expect(error.message).toMatch(/^Upstream configuration error: .*Incorrect API key provided: \[key\]/);
  });

  test('a bad key told with another status is a configuration error all the same', () => {
    expect(decode(400, openai('bad key', { code: 'invalid_api_key' }))).toMatchObject({
      status: 502,
      configurationFault: true,
    });
  });

  test("an exhausted quota is not worth the client's retries", () => {
    const error = decode(429, openai('You exceeded your current quota', { code: 'insufficient_quota' }));
    expect(error).toMatchObject({ status: 429, shouldRetry: false, configurationFault: true, retryable: true });
  });

  test.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1.5],
    [{ 'retry-after': new Date((context.nowSeconds + 30) * 1000).toUTCString() }, 30],
    [{ 'retry-after': '-3' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('retry advice %j is passed on', (headers, seconds) => {
    expect(decode(429, '{}', headers as Record<string, string>).retryAfterSeconds).toBe(seconds);
  });

  test('stack traces stay behind', () => {
    const body = JSON.stringify({
      error: { message: 'boom\nTraceback (most recent call last):\n  File "x.py", line 1' },
    });
    expect(decode(500, body).message).toBe('boom');
    expect(decode(500, 'boom\n    at run (/srv/app.js:10:5)').message).toBe('boom');
  });
});

describe('a context overflow is told in the words that clients know', () => {
  const tooLong = 'prompt is too long: 130000 tokens > 128000 maximum';
  test.each([
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
      tooLong,
    ],
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens (120000 in the messages, 10000 in the functions).",
      tooLong,
    ],
    [
      "This model's maximum context length is 128000 tokens. However, you requested 131000 tokens (130000 in the messages, 1000 in the completion).",
      tooLong,
    ],
    [
      'Input tokens exceed the configured limit of 128000 tokens. Your messages resulted in 130000 tokens. Please reduce the length of the messages.',
      tooLong,
    ],
    [
      'the request (130000 tokens) exceeds the available context size (128000 tokens), try increasing it',
      tooLong.replace('the ', ''),
    ],
    [
      'Prompt contains 130000 tokens and 0 draft tokens, too large for model with 128000 maximum context length',
      tooLong,
    ],
    ["The input (130000 tokens) is longer than the model's context length (128000 tokens).", tooLong],
    ['The input token count (130,000) exceeds the maximum number of tokens allowed (128,000).', tooLong],
    [
      "This endpoint's maximum context length is 128000 tokens. However, you requested about 160000 tokens (130000 of text input, 30000 in the output).",
      tooLong,
    ],
  ])('%s', (message, expected) => {
    expect(decode(400, openai(message))).toMatchObject({
      type: 'invalid_request_error',
      status: 400,
      message: expected,
    });
  });

  test.each([
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
    "'max_tokens' or 'max_completion_tokens' is too large: 1000. This model's maximum context length is 4096 tokens and your request has 4000 input tokens (1000 > 4096 - 4000).",
    "This model's maximum context length is 4096 tokens. However, you requested 1000 output tokens and your prompt contains at least 4000 input tokens, for a total of at least 5000 tokens.",
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 1000 `max_new_tokens`',
  ])('when only the output is too much: %s', (message) => {
    expect(decode(400, openai(message)).message).toMatch(
      /^input length and `max_tokens` exceed context limit: 4000 \+ 1000 > 4096,/,
    );
  });

  test('numbers that the upstream leaves out come from what is known', () => {
    const body = openai('Please reduce the length of the messages or completion.', { code: 'context_length_exceeded' });
    expect(decode(400, body, {}, { contextTokens: 8_192, inputTokensEstimate: 9_000 }).message).toBe(
      'prompt is too long: 9000 tokens > 8192 maximum',
    );
    expect(decode(400, body, {}, { contextTokens: 8_192, inputTokensEstimate: 5 }).message).toBe(
      'prompt is too long: 8193 tokens > 8192 maximum',
    );
    expect(decode(400, body).message).toBe(
      'prompt is too long: Please reduce the length of the messages or completion.',
    );
    const llama = {
      error: { code: 400, type: 'exceed_context_size_error', message: 'too big', n_prompt_tokens: 9_000, n_ctx: 8_192 },
    };
    expect(decode(400, JSON.stringify(llama)).message).toBe('prompt is too long: 9000 tokens > 8192 maximum');
  });

  test('other complaints about length are left alone', () => {
    for (const message of [
      'max_tokens is too large: 5',
      'string too long: tools[0].name',
      "Invalid 'stop': array too long",
    ]) {
      expect(decode(400, openai(message)).message).toBe(message);
    }
  });
});
