import assert from 'node:assert/strict';
import canonicalize from 'canonicalize';
import { judgeMessageStream } from '#shared/testing/message-stream-oracle.ts';
import { argumentsOf } from './answer.ts';
import type { Observed, Step } from './conformance-case.ts';

/** Ids and times that differ from call to call, made alike. */
export function withoutIds(text: string): string {
  const seen = new Map<string, string>();
  return text
    .replace(/\b(msg|toolu|chatcmpl|resp|rs|fc)[_-][a-z2-7]{24}/g, (id, kind: string) => {
      const known = seen.get(id) ?? `${kind}#${seen.size}`;
      seen.set(id, known);
      return known;
    })
    .replace(/"created(_at)?":\d+/g, '"created":0')
    .replace(/"request_id":"[0-9a-f-]{36}"/g, '"request_id":""');
}

/** A stream without its pings, which time makes, and without the estimate at its start, which is learnt from calls. */
export function streamText(bytes: Buffer): string {
  const said = bytes
    .toString('utf8')
    .replace(/event: ping\ndata: [^\n]*\n\n|: ping\n\n/g, '')
    .replace(/("type":"message_start".*"usage":\{"input_tokens":)\d+/g, '$10');
  return withoutIds(said);
}

/** The parts of a message that a stream and a whole answer have to share. */
export function comparable({ message }: Observed): string {
  if (message === null) return 'none';
  const { content, stop_reason, stop_sequence, usage, model } = message;
  return withoutIds(canonicalize({ content, stop_reason, stop_sequence, usage, model }) ?? '');
}

function expectedInputs({ answer }: Observed): readonly unknown[] | undefined {
  return answer?.parts.flatMap((part) => (part.type === 'call' ? [argumentsOf(part)] : []));
}

async function judgeStream(observed: Observed): Promise<void> {
  assert.match(String(observed.headers['content-type']), /^text\/event-stream/, 'the answer is no stream');
  const inputs = expectedInputs(observed);
  const { violations } = await judgeMessageStream(observed.bytes, inputs === undefined ? {} : { toolInputs: inputs });
  assert.deepEqual(violations, []);
}

function judgeWhole(observed: Observed): void {
  const { message } = observed;
  assert.ok(message !== null, `no message: ${observed.bytes.toString('utf8').slice(0, 300)}`);
  assert.ok(message.content.length > 0, 'no content block');
  const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []));
  const isCutShort = message.stop_reason === 'max_tokens' || message.stop_reason === 'refusal';
  if (!isCutShort) assert.equal(message.stop_reason === 'tool_use', calls.length > 0, 'stop_reason against the blocks');
  const expected = expectedInputs(observed);
  if (expected?.every((input) => typeof input !== 'string')) assert.deepEqual(calls, expected);
}

/** Judges what every line has a right to, before its own check. */
export async function judge(observed: Observed, expect: Step['expect'], isAnthropicClient: boolean): Promise<void> {
  const shown = observed.bytes.toString('utf8').slice(0, 400);
  switch (expect ?? 'answer') {
    case 'answer':
      assert.equal(observed.status, 200, `status ${observed.status}: ${shown}`);
      if (!isAnthropicClient) return;
      return observed.body === null ? await judgeStream(observed) : judgeWhole(observed);
    case 'error':
      assert.ok(observed.status >= 400, `status ${observed.status}: ${shown}`);
      assert.ok(observed.error !== null, `no error in the client's shape: ${shown}`);
      if (isAnthropicClient) assert.equal(observed.body?.['type'], 'error', `no error envelope: ${shown}`);
      return;
    case 'broken':
      assert.ok(observed.error !== null, `the client is told of no error: ${shown}`);
      assert.equal(observed.message, null, "Anthropic's client took a broken answer for a whole one");
      assert.ok(!observed.events.some(({ type }) => type === 'message_stop'), 'a broken stream ends cleanly');
      return;
    case 'other':
      return;
    default:
      throw new Error('an expectation of no known kind');
  }
}
