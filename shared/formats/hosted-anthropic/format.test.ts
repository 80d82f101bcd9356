import { describe, expect, test } from 'vitest';
import { HOSTED_ANTHROPIC_FORMATS } from './format.ts';

const CONTEXT = { nowSeconds: 0, contextTokens: 200_000 };
const decode = (host: 'bedrock' | 'vertex', status: number, body: unknown, headers: Record<string, string> = {}) =>
  HOSTED_ANTHROPIC_FORMATS[host].decodeError(status, headers, JSON.stringify(body), CONTEXT);

describe('errors of the clouds that host Anthropic’s models', () => {
  test('Bedrock names them in a header', () => {
    const headers = { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/' };
    expect(decode('bedrock', 429, { message: 'Too many requests' }, headers)).toMatchObject({
      type: 'rate_limit_error',
      status: 429,
      message: expect.stringContaining('Too many requests'),
    });
  });

  test('Vertex passes on those of the model', () => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message: 'messages: odd' } };
    expect(decode('vertex', 400, body)).toMatchObject({ type: 'invalid_request_error', message: 'messages: odd' });
  });

  test('Vertex has its own for what never reached the model', () => {
    const quota = { error: { code: 429, message: 'Quota exceeded for x', status: 'RESOURCE_EXHAUSTED' } };
    expect(decode('vertex', 429, quota)).toMatchObject({ type: 'rate_limit_error', status: 429 });
    const denied = { error: { code: 403, message: 'Permission denied', status: 'PERMISSION_DENIED' } };
    expect(decode('vertex', 403, denied)).toMatchObject({ status: 502, configurationFault: true });
    // The service in front answers some of them in a list.
    expect(decode('vertex', 429, [quota])).toMatchObject({ type: 'rate_limit_error' });
  });

  test('a page of a proxy is no error that hides its status', () => {
    const error = HOSTED_ANTHROPIC_FORMATS.vertex.decodeError(503, {}, '<html>busy</html>', CONTEXT);
    expect(error).toMatchObject({ retryable: true });
    expect(error.message).not.toContain('<html>');
  });
});
