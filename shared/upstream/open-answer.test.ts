import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { type AnswerLimits, openAnswer, type UpstreamAnswer } from './open-answer.ts';
import type { PieceTaker } from './upstream-body.ts';

const REQUEST: Dispatcher.DispatchOptions = { method: 'POST', path: '/' };
const HEADERS = { 'content-type': 'application/json' };

/** A connection as the dispatcher would drive it. */
function createConnection() {
  let handler: Dispatcher.DispatchHandler | undefined;
  const told: string[] = [];
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    abort(reason) {
      told.push(`abort ${reason.message}`);
      handler?.onResponseError?.(controller, reason);
    },
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
  };
  return {
    told,
    dispatch(_request: Dispatcher.DispatchOptions, given: Dispatcher.DispatchHandler) {
      handler = given;
      return true;
    },
    connect: () => handler?.onRequestStart?.(controller, null),
    begin: (status = 200) => handler?.onResponseStart?.(controller, status, HEADERS),
    piece: (text: string) => handler?.onResponseData?.(controller, Buffer.from(text)),
    end: () => handler?.onResponseEnd?.(controller, {}),
    fail: (error: Error) => handler?.onResponseError?.(controller, error),
  };
}

type Connection = ReturnType<typeof createConnection>;

function open(connection: Connection, limits: Partial<AnswerLimits> = {}): Promise<UpstreamAnswer> {
  return openAnswer(connection, REQUEST, { signal: new AbortController().signal, ...limits });
}

async function opened(connection: Connection, limits: Partial<AnswerLimits> = {}): Promise<UpstreamAnswer> {
  const answer = open(connection, limits);
  connection.connect();
  connection.begin();
  return await answer;
}

function collector(max = Number.POSITIVE_INFINITY): PieceTaker & { readonly texts: string[] } {
  const texts: string[] = [];
  return {
    texts,
    take(bytes) {
      texts.push(bytes.toString());
      return undefined;
    },
    isOver: () => texts.length >= max,
  };
}

describe('openAnswer', () => {
  it('resolves with the headers of the answer, and not with those that come before it', async () => {
    const connection = createConnection();
    const answer = open(connection);
    connection.connect();
    connection.begin(103);
    connection.begin(418);
    expect(await answer).toMatchObject({ status: 418, headers: HEADERS });
  });

  it('fails with what the connection broke with', async () => {
    const connection = createConnection();
    const answer = open(connection);
    connection.fail(new Error('refused'));
    await expect(answer).rejects.toThrow('refused');
  });

  it('fails at once when it is cancelled before there is a connection, and sends nothing on one', async () => {
    const connection = createConnection();
    const cancel = new AbortController();
    const answer = open(connection, { signal: cancel.signal });
    cancel.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    connection.connect();
    expect(connection.told).toEqual(['abort gone']);
  });

  it('asks nobody for what was cancelled before', async () => {
    const connection = createConnection();
    await expect(open(connection, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    connection.connect();
    expect(connection.told).toEqual([]);
  });
});

describe('the body of an answer', () => {
  it('is read to the end, whatever of it came before somebody read', async () => {
    const connection = createConnection();
    const { body } = await opened(connection);
    connection.piece('one');
    const taker = collector();
    const read = body.read(taker);
    connection.piece('two');
    connection.end();
    await read;
    expect(taker.texts).toEqual(['one', 'two']);
  });

  it('is read when all of it came before somebody read', async () => {
    const connection = createConnection();
    const { body } = await opened(connection);
    connection.piece('one');
    connection.end();
    const taker = collector();
    await body.read(taker);
    expect(taker.texts).toEqual(['one']);
  });

  it('holds the upstream back when nobody reads', async () => {
    const connection = createConnection();
    const { body } = await opened(connection);
    connection.piece('x'.repeat(65_535));
    expect(connection.told).toEqual([]);
    connection.piece('x');
    expect(connection.told).toEqual(['pause']);
    void body.read(collector());
    expect(connection.told).toEqual(['pause', 'resume']);
  });

  it('gives no piece while the one before is being kept, and holds the upstream back meanwhile', async () => {
    const connection = createConnection();
    const { body } = await opened(connection);
    const room = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const read = body.read({
      take(bytes) {
        sizes.push(bytes.length);
        return sizes.length === 1 ? room.promise : undefined;
      },
      isOver: () => false,
    });
    connection.told.length = 0;
    connection.piece('one');
    connection.piece('x'.repeat(65_536));
    expect(connection.told).toEqual(['pause']);
    connection.piece('four');
    connection.end();
    expect(sizes).toEqual([3]);
    room.resolve();
    await read;
    expect(sizes).toEqual([3, 65_536, 4]);
  });

  it('is left open when its taker has enough, until it is discarded or destroyed', async () => {
    const connection = createConnection();
    const { body } = await opened(connection);
    const taker = collector(1);
    const read = body.read(taker);
    connection.piece('one');
    connection.piece('two');
    await read;
    expect(taker.texts).toEqual(['one']);
    connection.told.length = 0;
    connection.piece('x'.repeat(65_536));
    body.discard();
    connection.piece('x'.repeat(65_536));
    expect(connection.told).toEqual(['pause', 'resume']);
    body.destroy();
    expect(connection.told).toEqual(['pause', 'resume', 'abort the body closed before its end']);
  });

  it('fails when it breaks, at once or while a piece is kept, and stays failed', async () => {
    const connection = createConnection();
    const { body } = await opened(connection);
    const read = body.read({ take: () => new Promise<void>(() => undefined), isOver: () => false });
    connection.piece('one');
    connection.fail(new Error('cut'));
    await expect(read).rejects.toThrow('cut');
    await expect(body.read(collector())).rejects.toThrow('cut');
  });

  it('fails when its taker does, at once or later', async () => {
    for (const take of [
      () => {
        throw new Error('a fault');
      },
      () => Promise.reject(new Error('a fault')),
    ]) {
      const connection = createConnection();
      const { body } = await opened(connection);
      const read = body.read({ take, isOver: () => false });
      connection.piece('one');
      await expect(read).rejects.toThrow('a fault');
    }
  });

  it('is broken off when the call is cancelled, and not when it was complete before', async () => {
    for (const isComplete of [false, true]) {
      const connection = createConnection();
      const cancel = new AbortController();
      const { body } = await opened(connection, { signal: cancel.signal });
      const read = body.read(collector());
      connection.told.length = 0;
      if (isComplete) connection.end();
      cancel.abort(new Error('gone'));
      if (isComplete) await read;
      else await expect(read).rejects.toThrow('gone');
      expect(connection.told).toEqual(isComplete ? [] : ['abort gone']);
    }
  });

  it('is broken off when all of it takes too long, and not before the answer begins', async () => {
    const connection = createConnection();
    const answer = open(connection, { totalTimeoutMs: 1 });
    connection.connect();
    // Timers go off in the order of their ends.
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(connection.told).toEqual([]);
    connection.begin();
    const { body } = await answer;
    await expect(body.read(collector())).rejects.toMatchObject({ code: 'TOTAL_TIMEOUT' });
    const late = createConnection();
    const { body: trickling } = await opened(late, { totalTimeoutMs: 1 });
    await expect(trickling.read(collector())).rejects.toMatchObject({ code: 'TOTAL_TIMEOUT' });
  });
});
