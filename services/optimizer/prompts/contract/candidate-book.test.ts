import { describe, expect, it } from 'vitest';
import { createCandidateBook } from './candidate-book.ts';
import type { PromptTask } from './task.ts';

const task: PromptTask = {
  ...{ description: '', seed: { prefix: 'seed' }, rows: [], lengthMax: 2_000, lengthCost: 0.1 },
  splits: { propose: ['p'], select: ['a', 'b'], report: ['r'] },
  refusal: ({ prefix }) => (prefix?.includes('http') === true ? 'url' : null),
};
const scored = (score: number) => ({ status: 'scored', score, output: '', reason: '', failed: [] }) as const;
const open = () => createCandidateBook(task);
const child = (prefix: string) => ({ prompt: { prefix }, parents: [], operator: 'test' });

describe('the candidate book', () => {
  it('has the seed as candidate 0, and one candidate for one text', () => {
    const book = open();
    const first = book.add(child('new'))!;
    expect(book.add({ ...child('new'), operator: 'again' })).toBe(first);
    expect(book.add(child('seed'))).toBe(book.seed);
    expect(book.list().map(({ index, operator }) => [index, operator])).toEqual([
      [0, 'seed'],
      [1, 'test'],
    ]);
  });

  it('refuses what may not be tried, is too long, or has other components, and remembers why', () => {
    const book = open();
    expect(book.add(child('see http'))).toBeNull();
    expect(book.add(child('x'.repeat(2_001)))).toBeNull();
    expect(book.add({ ...child(''), prompt: { other: 'text' } })).toBeNull();
    expect(book.refusals().map(({ reason }) => reason)).toEqual(['url', 'too_long', 'other_components']);
  });

  it('ranks only what was scored on the whole select split: a perfect minibatch is no best', () => {
    const book = open();
    const lucky = book.add(child('lucky'))!;
    for (const rowId of ['a', 'b']) book.record(book.seed.id, rowId, 0, scored(0.5));
    book.record(lucky.id, 'p', 0, scored(1));
    book.record(lucky.id, 'a', 0, scored(1));
    expect([book.isFullyScored(lucky.id), book.best()]).toEqual([false, book.seed]);
    book.record(lucky.id, 'b', 0, scored(0.2));
    expect(book.best()).toBe(lucky);
  });

  it('makes length cost something, and takes the earlier of equals', () => {
    const book = open();
    const long = book.add(child('y'.repeat(1_004)))!;
    for (const rowId of ['a', 'b']) {
      book.record(book.seed.id, rowId, 0, scored(0.5));
      book.record(long.id, rowId, 0, scored(0.55));
    }
    expect(book.objective(long.id)).toBeCloseTo(0.45, 9);
    expect(book.best()).toBe(book.seed);
    const equal = book.add(child('same'))!;
    for (const rowId of ['a', 'b']) book.record(equal.id, rowId, 0, scored(0.5));
    expect(book.best()).toBe(book.seed);
  });

  it('counts a row with several samples once, and a row whose scoring failed not at all', () => {
    const book = open();
    book.record(book.seed.id, 'a', 0, scored(1));
    book.record(book.seed.id, 'a', 1, scored(0));
    book.record(book.seed.id, 'b', 0, { status: 'error', message: 'down' });
    expect(book.mean(book.seed.id, ['a', 'b'])).toMatchObject({ mean: 0.5, rows: 1 });
    expect(book.isFullyScored(book.seed.id)).toBe(true);
  });
});
