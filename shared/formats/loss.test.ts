import { expect, test } from 'vitest';
import { lossSchema } from '../domain/loss.ts';
import { encodeLossHeader, type Loss, lossPointer, recordLoss } from './loss.ts';

const loss = (pointer: string, detail = 'detail'): Loss => ({
  kind: 'dropped',
  pointer,
  format: 'openai-chat',
  detail,
});

test('the same loss again only counts, and keeps its first place', () => {
  const losses: Loss[] = [];
  for (const index of [1, 2, 3]) recordLoss(losses, loss(lossPointer('messages', index)));
  recordLoss(losses, loss('/tools/0', 'other'));
  expect(losses).toEqual([{ ...loss('/messages/1'), count: 3 }, loss('/tools/0', 'other')]);
  expect(losses.every((entry) => lossSchema.safeParse(entry).success)).toBe(true);
});

test('a ledger is bounded, whatever a client sends', () => {
  const losses: Loss[] = [];
  for (let index = 0; index < 500; index += 1)
    recordLoss(losses, loss(lossPointer('x'.repeat(300)), `detail ${index}`));
  expect(losses).toHaveLength(64);
  expect(losses.every((entry) => lossSchema.safeParse(entry).success)).toBe(true);
});

test('a pointer masks what could be text of the traffic or break a header', () => {
  expect(lossPointer('a b\r\nset-cookie: x', 'ü')).toBe('/a?b??set-cookie??x/?');
});

test('the header lists the losses, and stays within its bound', () => {
  expect(encodeLossHeader([])).toBeNull();
  expect(encodeLossHeader([loss('/metadata'), { ...loss('/tools/0/strict'), kind: 'renamed', count: 2 }])).toBe(
    'dropped /metadata; renamed /tools/0/strict x2',
  );
  const many = Array.from({ length: 64 }, (_, index) => loss(`/messages/${index}/content/0/cache_control`));
  const header = encodeLossHeader(many) ?? '';
  expect(header.length).toBeLessThanOrEqual(1024);
  expect(header).toMatch(/; \+\d+ more$/);
  expect(header).toMatch(/^[\x20-\x7e]+$/);
});
