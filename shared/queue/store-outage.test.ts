import type { PgPool } from 'bullmq';
import { ConnectionClosedError } from 'bullmq';
import { expect, test } from 'vitest';
import { isStoreOutage, reportOutages } from './store-outage.ts';

const serverError = (code: string) => Object.assign(new Error('the server says'), { severity: 'ERROR', code });

test.each([
  new Error('Connection terminated unexpectedly'),
  new Error('Query read timeout'),
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  serverError('57P03'),
  serverError('57P01'),
  serverError('08006'),
  serverError('53300'),
  serverError('40P01'),
])('%s is an outage', (error) => {
  expect(isStoreOutage(error)).toBe(true);
});

test.each(['BM001', '22P05', '42P01', '57014', '23505'])('the answer %s of the server is a verdict', (code) => {
  expect(isStoreOutage(serverError(code))).toBe(false);
});

test('a pool reports outages as closed connections, and leaves verdicts and answers as they are', async () => {
  const outcomes: (() => Promise<{ rows: [] }>)[] = [
    () => Promise.reject(serverError('57P03')),
    () => Promise.reject(serverError('BM001')),
    () => Promise.resolve({ rows: [] }),
  ];
  const pool = { query: () => outcomes.shift()?.() } as unknown as PgPool;
  reportOutages(pool);
  await expect(pool.query('select 1')).rejects.toBeInstanceOf(ConnectionClosedError);
  await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'BM001' });
  await expect(pool.query('select 1')).resolves.toEqual({ rows: [] });
});
