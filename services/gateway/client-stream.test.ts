import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClientConnection } from './client-connection.ts';
import { createClientStream } from './client-stream.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const INTERVAL_MS = 800;

function streaming() {
  const written: string[] = [];
  const gone = new AbortController();
  let headersSent = false;
  const connection: ClientConnection = {
    gone: gone.signal,
    get headersSent() {
      return headersSent;
    },
    begin: () => {
      headersSent = true;
    },
    write: (piece) => {
      written.push(String(piece));
      return undefined;
    },
    end: () => undefined,
  };
  const stream = createClientStream(connection, { pingIntervalMs: INTERVAL_MS, ping: 'ping', headers: () => ({}) });
  return { stream, written, gone, isOpen: () => headersSent };
}

test('a silent stream is opened with a ping after the interval, and goes on with one in each', () => {
  const { written, isOpen } = streaming();
  vi.advanceTimersByTime(INTERVAL_MS - 1);
  expect([isOpen(), written]).toEqual([false, []]);
  vi.advanceTimersByTime(1);
  expect([isOpen(), written]).toEqual([true, ['ping']]);
  vi.advanceTimersByTime(2 * INTERVAL_MS);
  expect(written).toEqual(['ping', 'ping', 'ping']);
});

test('a ping comes after a piece within the interval and not long before, wherever in it the piece was written', () => {
  for (let atMs = 0; atMs <= INTERVAL_MS; atMs += 50) {
    const { stream, written, gone } = streaming();
    vi.advanceTimersByTime(atMs);
    void stream.write('piece');
    const before = written.length;
    vi.advanceTimersByTime((7 * INTERVAL_MS) / 8 - 1);
    expect(written).toHaveLength(before);
    vi.advanceTimersByTime(INTERVAL_MS / 8 + 1);
    expect(written).toHaveLength(before + 1);
    gone.abort();
  }
});

test('nothing is sent behind the end, or to a client that has gone', () => {
  const { stream, written } = streaming();
  stream.end();
  const left = streaming();
  left.gone.abort();
  vi.advanceTimersByTime(3 * INTERVAL_MS);
  expect([written, left.written]).toEqual([[], []]);
});
