import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { type Asked, ask, endsInError } from '../testing/ask.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type Backend, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { ENDLESS, malformedStreams } from '../testing/malformed-streams.ts';
import { createRawUpstream, type RawAnswer, type RawUpstream } from '../testing/raw-upstream.ts';
import { replyEvents, STREAM_FORMATS, type StreamFormat, wholeFrom } from '../testing/reply-bytes.ts';
import { auditSystem } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';
import { upstreamConfig } from '../testing/upstream-config.ts';

const SEED = seedOfRun();
const RANDOM_CUTS = 40;
/** Chunkings of each stream, beside the one in a single piece and the one of single bytes. */
const CHUNKINGS = 6;
const PIECE_BYTES_MAX = 64;
const CLOSED_WITHIN_MS = 30_000;
/** What oversized streams may leave behind that were the same before. */
const GREW_MB_MAX = 100;
const OVERSIZED_AGAIN = 24;

interface StreamSystem {
  readonly target: FaultSystem;
  readonly random: () => number;
  /** Has the next request that says so answered in this way. */
  plan(answer: RawAnswer): string;
  stop(): Promise<void>;
}

describe.each(BACKENDS)('streams that break, with the queues on %s,', (backend) => {
  let system: StreamSystem;

  beforeAll(async () => {
    system = await openStreamSystem(backend);
  });
  afterAll(async () => {
    await system?.stop();
  });

  it('end in an error, wherever they are cut, and are kept as incomplete', (context) => cutStreams(system, context));
  it('are the same in pieces of any size, and never look whole when they are not', (context) =>
    malformStreams(system, context));
});

async function openStreamSystem(backend: Backend): Promise<StreamSystem> {
  const plans: RawAnswer[] = [];
  const upstreams = new Map<StreamFormat, RawUpstream>();
  for (const format of STREAM_FORMATS) {
    const answerTo = (body: string): RawAnswer => {
      const answer = plans[Number(/plan (\d+) of/.exec(body)?.[1])];
      if (answer === undefined) throw new Error('a request without a plan');
      return answer;
    };
    upstreams.set(format, await createRawUpstream(answerTo));
  }
  const origin = (format: StreamFormat) => upstreams.get(format)?.origin ?? '';
  const target = await startFaultSystem({
    ...{ backend, seed: SEED },
    config: upstreamConfig(
      {
        'openai-chat': { baseUrl: `${origin('openai-chat')}/v1` },
        'anthropic-messages': { baseUrl: origin('anthropic-messages'), format: 'anthropic-messages' },
      },
      { 'claude-openai-chat': ['openai-chat'], 'claude-anthropic-messages': ['anthropic-messages'] },
    ),
  });
  return {
    target,
    random: createSeededRandom(SEED).uniform,
    plan: (answer) => `plan ${plans.push(answer) - 1} of ${SEED}`,
    async stop() {
      await target.stop();
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    },
  };
}

async function cutStreams({ target, random, plan }: StreamSystem, context: TestContext): Promise<void> {
  const { database } = target.system;
  const asked: Asked[] = [];
  for (const format of STREAM_FORMATS) {
    const bytes = Buffer.from(replyEvents(format).join(''));
    for (const [index, at] of cutsOf(format, bytes, random).entries()) {
      const end = index % 2 === 0 ? 'closed' : 'reset';
      const text = plan({ contentType: 'text/event-stream', pieces: [bytes.subarray(0, at)], end });
      asked.push(await ask(target, text, { model: `claude-${format}`, sessionId: `cut-${format}-${index}` }));
    }
  }
  const calls = asked.map(({ call }) => call);
  const violations = await auditSystem(target, calls, { expected: ['error'] });
  const began = asked.filter(({ text }) => text.includes('event: content_block_start'));
  const ids = began.flatMap(({ call }) => call.callId ?? []);
  const stored = () => database.selectFrom('call').select(['status', 'sessionId']).where('callId', 'in', ids).execute();
  const incomplete = (await stored()).filter(({ status }) => status === 'incomplete');
  const sessions = incomplete.map(({ sessionId }) => sessionId);
  const failures = async () => {
    const rows = await database
      .selectFrom('session')
      .select('hardFailure')
      .where('sessionId', 'in', sessions)
      .execute();
    return rows.filter(({ hardFailure }) => hardFailure === true).length;
  };
  await expect.poll(failures, { timeout: CLOSED_WITHIN_MS, interval: 200 }).toBe(sessions.length);
  recordFault(context, {
    ...{ row: 'upstream-cut', backend: target.backend, seed: SEED },
    figures: [
      ...lossFigures(violations, calls.length),
      {
        id: 'cuts_that_look_whole',
        value: asked.filter((each) => !isError(each)).length,
        op: '<=',
        bar: 0,
        n: asked.length,
      },
      { id: 'kept_as_incomplete', value: incomplete.length, op: '>=', bar: began.length, n: began.length },
    ],
  });
  expect(asked.filter((each) => !isError(each)).map(({ text }) => text)).toEqual([]);
  expect(began.length).toBeGreaterThan(RANDOM_CUTS);
  expect(incomplete.length).toBe(began.length);
  expect(violations).toEqual([]);
}

/** In the middle of a character, of a tool's arguments, of an event's name; and anywhere. */
function cutsOf(format: StreamFormat, bytes: Buffer, random: () => number): readonly number[] {
  const whole = wholeFrom(format, bytes);
  const middles = ['你', '👩', 'größe', 'arguments', 'partial_json', 'data:'].flatMap((text) => {
    const at = bytes.indexOf(text);
    return at < 0 ? [] : [at + 1, at + 2];
  });
  const anywhere = Array.from({ length: RANDOM_CUTS }, () => 1 + Math.floor(random() * (whole - 1)));
  return [...middles, ...anywhere].filter((at) => at < whole);
}

/** In a stream that has begun, an event; before it, an answer with its status. */
function isError(asked: Asked): boolean {
  return asked.status === 200 ? endsInError(asked) : asked.status >= 500 && asked.text.includes('"type":"error"');
}

async function malformStreams(system: StreamSystem, context: TestContext): Promise<void> {
  const { target, random } = system;
  const asked: Asked[] = [];
  const different: string[] = [];
  const odd: string[] = [];
  for (const format of STREAM_FORMATS) {
    for (const { name, bytes, isPlain } of malformedStreams(format, replyEvents(format))) {
      const answers = await askInPieces(system, format, chunkingsOf(bytes, random));
      asked.push(...answers);
      if (new Set(answers.map(withoutIds)).size > 1) different.push(`${format} ${name}`);
      const isFine = (each: Asked) => each.call.outcome === 'ok' || (!isPlain && isError(each));
      odd.push(...answers.filter((each) => !isFine(each)).map(({ text }) => `${format} ${name}: ${text.slice(-300)}`));
    }
  }
  const rssBefore = target.rssMb('gateway');
  const [endless] = malformedStreams('openai-chat', replyEvents('openai-chat')).filter(({ name }) => name === ENDLESS);
  const again = Array.from({ length: OVERSIZED_AGAIN }, () => [endless?.bytes ?? Buffer.alloc(0)]);
  asked.push(...(await askInPieces(system, 'openai-chat', again)));
  const grewMb = target.rssMb('gateway') - rssBefore;
  const calls = asked.map(({ call }) => call);
  const violations = await auditSystem(target, calls, { expected: ['error'], isStrangerAllowed: true });
  recordFault(context, {
    ...{ row: 'stream-malformed', backend: target.backend, seed: SEED },
    figures: [
      ...lossFigures(violations, asked.length),
      { id: 'streams_that_differ_by_chunking', value: different.length, op: '<=', bar: 0, n: asked.length },
      { id: 'rss_growth_mb', value: Math.round(grewMb), op: '<=', bar: GREW_MB_MAX, n: OVERSIZED_AGAIN },
    ],
  });
  expect(different).toEqual([]);
  expect(odd).toEqual([]);
  expect(grewMb).toBeLessThanOrEqual(GREW_MB_MAX);
  expect(violations).toEqual([]);
}

async function askInPieces(
  { target, plan }: StreamSystem,
  format: StreamFormat,
  chunkings: readonly (readonly Buffer[])[],
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (const pieces of chunkings) {
    const text = plan({ contentType: 'text/event-stream', pieces, end: 'whole' });
    asked.push(await ask(target, text, { model: `claude-${format}` }));
  }
  return asked;
}

const SINGLE_BYTES_MAX = 8_192;

function chunkingsOf(bytes: Buffer, random: () => number): readonly (readonly Buffer[])[] {
  const cut = (size: () => number): readonly Buffer[] => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const next = at + size();
      pieces.push(bytes.subarray(at, next));
      at = next;
    }
    return pieces;
  };
  const large = Math.max(PIECE_BYTES_MAX, bytes.length / 100);
  const drawn = Array.from({ length: CHUNKINGS }, () => cut(() => 1 + Math.floor(random() * large)));
  return [[bytes], ...(bytes.length <= SINGLE_BYTES_MAX ? [cut(() => 1)] : []), ...drawn];
}

/** An answer carries ids made of its call, pings come when they come, and line ends are the server's own. */
function withoutIds({ text, call }: Asked): string {
  const bare = call.callId === null ? text : text.replaceAll(call.callId, 'ID');
  return bare
    .replace(/\r\n?/g, '\n')
    .trimEnd()
    .replace(/event: ping\n[^\n]*\n\n/g, '')
    .replace(/"(msg|toolu|call|req)_[A-Za-z0-9_-]+"/g, '"$1_ID"')
    .replace(/"(input_tokens|id)":("[^"]*"|\d+)/g, '"$1":0');
}
