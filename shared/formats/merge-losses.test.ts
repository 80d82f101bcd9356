import { expect, it } from 'vitest';
import { type Loss, mergeLosses, recordLoss } from './loss.ts';

it('counts losses of two ledgers as if all had been noted in one', () => {
  const note = (losses: Loss[], detail: string) =>
    recordLoss(losses, { kind: 'dropped', pointer: '/tools/0', format: 'openai-chat', detail });
  const [first, second, one]: [Loss[], Loss[], Loss[]] = [[], [], []];
  for (const detail of ['a', 'b', 'a']) note(first, detail);
  for (const detail of ['c', 'a', 'a', 'c', 'a']) note(second, detail);
  for (const detail of ['a', 'b', 'a', 'c', 'a', 'a', 'c', 'a']) note(one, detail);
  mergeLosses(first, second);
  expect(first).toEqual(one);
});
