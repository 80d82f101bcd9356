import { describe, expect, test } from 'vitest';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';

const decode = (
  status: number,
  name: string | null,
  message: string,
  headers: Record<string, string> = {},
  context: object = {},
) =>
  decodeError(
    status,
    { ...(name === null ? {} : { 'x-amzn-errortype': name }), ...headers },
    JSON.stringify({ message }),
    { nowSeconds: 1_790_000_000, ...context },
  );

describe('errors of Bedrock', () => {
  test.each([
    [429, 'ThrottlingException', 'Too many requests.', 'rate_limit_error', 429, true],
    [400, 'ServiceQuotaExceededException', 'Quota.', 'rate_limit_error', 429, true],
    [429, 'ModelNotReadyException', 'Warming up.', 'overloaded_error', 529, true],
    [503, 'ServiceUnavailableException', 'Busy.', 'overloaded_error', 529, true],
    [408, 'ModelTimeoutException', 'Slow.', 'timeout_error', 408, true],
    [424, 'ModelErrorException', 'Broken.', 'api_error', 502, true],
    [500, 'InternalServerException', 'Oops.', 'api_error', 500, true],
    [400, 'ValidationException', 'messages.0: bad.', 'invalid_request_error', 400, false],
  ])('%i %s is told with its wording', (status, name, message, type, expected, retryable) => {
    for (const spelled of [name, `${name}:http://internal.amazon.com/coral/x/`]) {
      expect(decode(status, spelled, message)).toEqual({ type, message, status: expected, retryable });
    }
  });

  test.each([
    [403, 'AccessDeniedException'],
    [403, 'UnrecognizedClientException'],
    [403, 'ExpiredTokenException'],
    [403, 'InvalidSignatureException'],
    [400, 'IncompleteSignatureException'],
    [401, 'UnauthorizedException'],
    [403, null],
    [401, null],
  ])('%i %s is our fault, never the client’s credentials', (status, name) => {
    const error = decode(status, name, 'User: arn:aws:iam::123456789012:user/gw is not authorized.');
    expect(error).toMatchObject({ type: 'api_error', status: 502, configurationFault: true, shouldRetry: false });
    expect(error.message).toMatch(/^Upstream configuration error: .*User: \[arn\] is not authorized/);
    expect(error.message).not.toContain('123456789012');
  });

  test.each([
    'The provided model identifier is invalid.',
    'Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with an inference profile.',
    'Access denied. This Model is marked by provider as Legacy.',
  ])('a validation error about the model we chose is a configuration fault: %s', (message) => {
    expect(decode(400, 'ValidationException', message)).toMatchObject({
      type: 'not_found_error',
      message,
      configurationFault: true,
    });
  });

  const capacity = { contextTokens: 200_000, inputTokensEstimate: 250_000 };
  test.each([
    ['Input is too long for requested model.', 'prompt is too long: 250000 tokens > 200000 maximum'],
    [
      'The model returned the following errors: Input is too long for requested model.',
      'prompt is too long: 250000 tokens > 200000 maximum',
    ],
    [
      'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
      'prompt is too long: 250000 tokens > 200000 maximum',
    ],
    [
      'The model returned the following errors: prompt is too long: 215000 tokens > 200000 maximum',
      'prompt is too long: 215000 tokens > 200000 maximum',
    ],
    [
      "The model returned the following errors: This model's maximum context length is 8192 tokens. Please reduce the length of the prompt",
      'prompt is too long: 250000 tokens > 8192 maximum',
    ],
    [
      '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 11300',
      'prompt is too long: 11300 tokens > 8192 maximum',
    ],
    [
      'The model returned the following errors: input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again',
      'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again',
    ],
  ])('an overflow has the words that clients recover by: %s', (message, expected) => {
    expect(decode(400, 'ValidationException', message, {}, capacity)).toEqual({
      type: 'invalid_request_error',
      message: expected,
      status: 400,
      retryable: false,
    });
  });

  test('too many tokens in a minute is a rate limit, not an overflow', () => {
    const message = 'Too many tokens, please wait before trying again.';
    expect(decode(429, 'ThrottlingException', message, { 'retry-after': '7' }, capacity)).toEqual({
      type: 'rate_limit_error',
      message,
      status: 429,
      retryable: true,
      retryAfterSeconds: 7,
    });
  });

  test('the exception can stand in the body, the message under a capital, and the body be no JSON', () => {
    const context = { nowSeconds: 0 };
    const inBody = JSON.stringify({ __type: 'com.amazon.coral.service#ThrottlingException', Message: 'Slow.' });
    expect(decodeError(400, {}, inBody, context)).toMatchObject({ type: 'rate_limit_error', message: 'Slow.' });
    expect(decodeError(502, {}, '<html>Bad gateway</html>', context)).toMatchObject({
      type: 'api_error',
      message: 'The upstream answered HTTP 502 without an explanation.',
    });
    expect(decodeError(500, {}, 'plain', context)).toMatchObject({ message: 'plain' });
  });
});

describe('whole answers that are none', () => {
  test.each([
    ['no object', 'text'],
    ['nothing', {}],
    ['no content', { output: { message: { role: 'assistant' } } }],
    [
      'what the model failed to write',
      { output: { message: { role: 'assistant', content: [] } }, stopReason: 'malformed_model_output' },
    ],
  ])('%s is a failure', (_, body) => {
    expect(decodeResponse(body, createDecodeContext())).toMatchObject({ type: 'failed', error: { status: 502 } });
  });

  test('an intervening guardrail is a refusal with its text', () => {
    const decoded = decodeResponse(
      {
        output: { message: { role: 'assistant', content: [{ text: 'Blocked by policy.' }] } },
        stopReason: 'guardrail_intervened',
        usage: { inputTokens: 1, outputTokens: 2 },
      },
      createDecodeContext(),
    );
    expect(decoded).toMatchObject({
      type: 'decoded',
      message: { stop_reason: 'refusal', content: [{ type: 'text', text: 'Blocked by policy.' }] },
    });
  });
});
