import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type PieceTaker, readPieces } from './read-pieces.ts';

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

function bodyOf(...pieces: readonly string[]): PassThrough {
  const body = new PassThrough();
  for (const piece of pieces) body.write(piece);
  return body;
}

function listenersOf(body: PassThrough): number {
  return ['data', 'end', 'error', 'close'].reduce((count, event) => count + body.listenerCount(event), 0);
}

describe('readPieces', () => {
  it('reads to the end, and leaves no listener behind', async () => {
    const body = bodyOf();
    const before = listenersOf(body);
    const taker = collector();
    const read = readPieces(body, taker);
    body.write('one');
    body.end('two');
    await read;
    expect(taker.texts).toEqual(['one', 'two']);
    expect(listenersOf(body)).toBe(before);
  });

  it('stops when its taker has enough, and leaves the body open', async () => {
    const body = bodyOf();
    const taker = collector(1);
    const read = readPieces(body, taker);
    body.write('one');
    body.write('two');
    await read;
    expect(taker.texts).toEqual(['one']);
    expect(body.destroyed).toBe(false);
  });

  it('takes no piece while the one before is being kept', async () => {
    const body = bodyOf();
    const room = Promise.withResolvers<void>();
    const taken: string[] = [];
    const read = readPieces(body, {
      take(bytes) {
        taken.push(bytes.toString());
        return taken.length === 1 ? room.promise : undefined;
      },
      isOver: () => false,
    });
    body.write('one');
    await new Promise((resolve) => setImmediate(resolve));
    body.end('two');
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toEqual(['one']);
    room.resolve();
    await read;
    expect(taken).toEqual(['one', 'two']);
  });

  it('fails with the error of a body that breaks, at once or while a piece is kept', async () => {
    const body = bodyOf();
    const read = readPieces(body, { take: () => new Promise<void>(() => undefined), isOver: () => false });
    body.write('one');
    await new Promise((resolve) => setImmediate(resolve));
    body.destroy(new Error('cut'));
    await expect(read).rejects.toThrow('cut');
  });

  it('fails when the body closes without an end, or was closed before', async () => {
    const body = bodyOf();
    const read = readPieces(body, collector());
    body.destroy();
    await expect(read).rejects.toThrow('closed');
    await expect(readPieces(body, collector())).rejects.toThrow('closed');
  });

  it('fails when its taker does', async () => {
    const body = bodyOf('one');
    const take = () => {
      throw new Error('a fault');
    };
    await expect(readPieces(body, { take, isOver: () => false })).rejects.toThrow('a fault');
  });
});
