import { isDeepStrictEqual } from 'node:util';
import { encodeStreamEvent } from '../../formats/anthropic-messages/encode-stream-event.ts';
import type { CanonicalMessage } from '../../formats/canonical.ts';
import type { UpstreamFormat } from '../../formats/format.ts';
import { messageEvents } from '../../testing/message-events.ts';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import type { ExpectedAnswer, ExpectedError, Fixture } from './fixture.ts';
import { FIXTURE_CONTEXT, frameEvents, playFixture } from './play-fixture.ts';

const NOW_SECONDS = 1_790_000_000;
/** Single cuts at every offset cost the square of the length; longer streams are cut at every byte at once instead. */
const SINGLE_CUTS_BYTES_MAX = 1_500;

function said(message: CanonicalMessage): ExpectedAnswer {
  const reasoning = message.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
  return {
    text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    ...(reasoning === '' ? {} : { reasoning }),
    toolCalls: message.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
    ),
    stopReason: message.stop_reason ?? 'none',
  };
}

function answerFaults(message: CanonicalMessage | null, expected: ExpectedAnswer): readonly string[] {
  const got = message === null ? null : said(message);
  if (!isDeepStrictEqual(got, expected)) return [`says ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`];
  return (message?.usage.output_tokens ?? 0) > 0 ? [] : ['reports no output tokens'];
}

/** Every byte for itself, and, in short streams, every way to cut them in two. */
function splitFaults(format: UpstreamFormat, upstream: Uint8Array, whole: Buffer): readonly string[] {
  const offsets = Array.from({ length: upstream.length - 1 }, (_, index) => index + 1);
  const singles = upstream.length <= SINGLE_CUTS_BYTES_MAX ? offsets.map((offset) => [offset]) : [];
  const different = [offsets, ...singles].find((ends) => !playFixture(format, upstream, ends).bytes.equals(whole));
  return different === undefined ? [] : [`reads otherwise when it is cut at ${different.slice(0, 3).join(', ')}…`];
}

function cutFaults(format: UpstreamFormat, events: readonly object[]): readonly string[] {
  const half = frameEvents(format, events.slice(0, Math.ceil(events.length / 2)));
  // The mark of a clean end is the one thing that a broken stream has not.
  const broken = Buffer.from(half).subarray(0, half.length - Math.min(half.length, 20));
  const { bytes, decoder } = playFixture(format, broken);
  const isClean = decoder.isComplete() || /event: message_stop/.test(bytes.toString());
  return isClean || decoder.failure() === null ? ['ends cleanly although it was cut off'] : [];
}

/** What is wrong with the way a stream of a provider is read. */
export async function streamFaults(
  format: UpstreamFormat,
  fixture: Fixture<ExpectedAnswer>,
): Promise<readonly string[]> {
  const upstream = frameEvents(format, fixture.events);
  const { bytes, decoder } = playFixture(format, upstream);
  const verdict = await judgeMessageStream(bytes, {
    toolInputs: fixture.expect.toolCalls.map((call) => call.input),
  });
  return [
    ...verdict.violations,
    ...answerFaults(decoder.message(), fixture.expect),
    ...splitFaults(format, upstream, bytes),
    ...cutFaults(format, fixture.events),
  ];
}

/** What is wrong with the way a whole answer of a provider is read. */
export async function answerBodyFaults(
  format: UpstreamFormat,
  fixture: Fixture<ExpectedAnswer>,
): Promise<readonly string[]> {
  const decoded = format.decodeResponse(fixture.events[0], FIXTURE_CONTEXT);
  if (decoded.type === 'failed') return [`fails: ${decoded.error.message}`];
  const bytes = Buffer.from(messageEvents(decoded.message).map(encodeStreamEvent).join(''));
  const verdict = await judgeMessageStream(bytes, { wholeMessage: decoded.message });
  return [...verdict.violations, ...answerFaults(decoded.message, fixture.expect)];
}

/** What is wrong with the way an error of a provider is read. */
export function errorFaults(format: UpstreamFormat, fixture: Fixture<ExpectedError>): readonly string[] {
  const { status, type } = fixture.expect;
  const error = format.decodeError(status, fixture.headers, JSON.stringify(fixture.events[0]), {
    nowSeconds: NOW_SECONDS,
  });
  return [
    ...(error.type === type ? [] : [`is read as ${error.type}, not ${type}`]),
    ...(error.message === '' ? ['loses the wording of the upstream'] : []),
    ...(status === 429 && !error.retryable ? ['is not retried'] : []),
    ...((status === 400 || status === 422) && error.retryable ? ['is retried in vain'] : []),
    ...(fixture.headers['retry-after'] === undefined || error.retryAfterSeconds !== undefined
      ? []
      : ['loses the time to wait']),
  ];
}
