import { describe, expect, test } from 'vitest';
import { decodeError } from './decode-error.ts';

const context = { nowSeconds: 1_790_000_000 };
const google = (code: number, status: string, message: string, details: readonly object[] = []) =>
  JSON.stringify({ error: { code, status, message, details } });
const decode = (status: number, body: string, headers: Record<string, string> = {}, more: object = {}) =>
  decodeError(status, headers, body, { ...context, ...more });

const retryInfo = (retryDelay: string) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });
const quotaFailure = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
});

describe('an upstream error', () => {
  test.each([
    [400, google(400, 'INVALID_ARGUMENT', 'Unknown name "x"'), 'invalid_request_error', 400, false, 'Unknown name "x"'],
    [404, google(404, 'NOT_FOUND', 'models/x is not found'), 'not_found_error', 404, true, 'models/x is not found'],
    [429, google(429, 'RESOURCE_EXHAUSTED', 'Slow down'), 'rate_limit_error', 429, true, 'Slow down'],
    [
      499,
      google(499, 'CANCELLED', 'The operation was cancelled'),
      'overloaded_error',
      529,
      true,
      'The operation was cancelled',
    ],
    [500, google(500, 'INTERNAL', 'An internal error'), 'api_error', 500, true, 'An internal error'],
    [
      503,
      google(503, 'UNAVAILABLE', 'The model is overloaded.'),
      'overloaded_error',
      529,
      true,
      'The model is overloaded.',
    ],
    [504, google(504, 'DEADLINE_EXCEEDED', 'Too slow'), 'timeout_error', 504, true, 'Too slow'],
    [503, `[${google(503, 'UNAVAILABLE', 'In a list')}]`, 'overloaded_error', 529, true, 'In a list'],
    [502, '<html>Bad gateway</html>', 'api_error', 502, true, 'The upstream answered HTTP 502 without an explanation.'],
    [500, 'plain words', 'api_error', 500, true, 'plain words'],
    [500, '', 'api_error', 500, true, 'The upstream answered HTTP 500 without an explanation.'],
  ])('%i %s keeps its wording in an Anthropic type', (status, body, type, clientStatus, retryable, message) => {
    expect(decode(status, body)).toMatchObject({ type, status: clientStatus, retryable, message });
  });

  test.each([
    [401, google(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')],
    [403, google(403, 'PERMISSION_DENIED', 'Permission denied')],
    [400, google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.')],
    [
      400,
      google(400, 'INVALID_ARGUMENT', 'x', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
      ]),
    ],
    [400, google(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')],
  ])('%i %s is a fault of the configuration, never of the client', (status, body) => {
    expect(decode(status, body)).toMatchObject({
      type: 'api_error',
      status: 502,
      shouldRetry: false,
      configurationFault: true,
      message: expect.stringMatching(/^Upstream configuration error/),
    });
  });

  test('an exhausted quota says how long to wait, and a header says it before the body', () => {
    const body = google(429, 'RESOURCE_EXHAUSTED', 'quota', [quotaFailure('RequestsPerMinute'), retryInfo('34.4s')]);
    expect(decode(429, body)).toMatchObject({ retryAfterSeconds: 34.4, retryable: true });
    expect(decode(429, body).shouldRetry).toBeUndefined();
    expect(decode(429, body, { 'retry-after': '7' }).retryAfterSeconds).toBe(7);
    for (const odd of ['soon', '-1s', '']) {
      const without = decode(429, google(429, 'RESOURCE_EXHAUSTED', 'quota', [retryInfo(odd)]));
      expect(without).not.toHaveProperty('retryAfterSeconds');
    }
  });

  test("a day's quota is not worth the client's retries", () => {
    const body = google(429, 'RESOURCE_EXHAUSTED', 'quota', [
      quotaFailure('GenerateRequestsPerDayPerProject-FreeTier'),
    ]);
    expect(decode(429, body)).toMatchObject({
      status: 429,
      shouldRetry: false,
      configurationFault: true,
      retryable: true,
    });
  });

  test.each([
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Unable to submit request because the input token count is 1200000 but model only supports up to 1048576. Reduce the input token count and try again.',
  ])('a context overflow is told in the words that clients know: %s', (message) => {
    expect(decode(400, google(400, 'INVALID_ARGUMENT', message))).toMatchObject({
      type: 'invalid_request_error',
      status: 400,
      message: 'prompt is too long: 1200000 tokens > 1048576 maximum',
    });
  });
});
