import { describe, expect, test } from 'vitest';
import { createDecodeContext } from '../testing/play-stream.ts';
import { defineStreamDecoder, failUnfinished } from './stream-decoder.ts';
import { createFrameState, type FrameState } from './stream-frame.ts';

const read: unknown[] = [];
const create = defineStreamDecoder<FrameState>({
  format: 'test-wire',
  createState: createFrameState,
  read: (_stream, payload, name) => read.push([name, payload]),
  close: failUnfinished,
});

function push(data: string) {
  read.length = 0;
  const decoder = create(createDecodeContext());
  decoder.push({ event: 'named', data });
  return { decoder, losses: decoder.losses().map(({ kind, detail }) => `${kind} ${detail}`) };
}

describe('the frame of all stream decoders', () => {
  test('hands on payloads with their names, and takes an error out of its list', () => {
    push(' {"a":1} ');
    expect(read).toEqual([['named', { a: 1 }]]);
    push('[{"error":{}}]');
    expect(read).toEqual([['named', { error: {} }]]);
  });

  test.each(['', '  ', '[DONE]'])('passes %j over', (data) => {
    expect(push(data).decoder.failure()).toBeNull();
    expect(read).toEqual([]);
  });

  test('adds a last bracket that is missing, with a loss', () => {
    expect(push('{"a":{"b":[1]}').losses).toEqual(['repaired stream event without its last bracket']);
    expect(read).toEqual([['named', { a: { b: [1] } }]]);
  });

  test.each(['{"a":{"b":[1]', '{"a":"te', '{"a":{"b":1}},', '{"a":12', 'text', '7', 'null', '[]'])(
    'guesses nothing of %j, which is further from whole',
    (data) => {
      const { decoder } = push(data);
      expect(decoder.failure()?.message).toContain('not JSON');
      expect(read).toEqual([]);
    },
  );

  test('is over after a failure: nothing more is read, and the end says nothing again', () => {
    const { decoder } = push('text');
    expect(decoder.push({ data: '{"a":1}' })).toEqual([]);
    expect(decoder.end()).toEqual([]);
    expect(read).toEqual([]);
  });

  test('that is closed by the upstream too early ends in one error event', () => {
    const { decoder } = push('{"a":1}');
    expect(decoder.end().map(({ type }) => type)).toEqual(['error']);
    expect(decoder.end()).toEqual([]);
    expect(decoder.isComplete()).toBe(false);
  });
});
