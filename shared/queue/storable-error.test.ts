import { DelayedError, UnrecoverableError } from 'bullmq';
import { expect, test } from 'vitest';
import { TrimtabError } from '#shared/errors.ts';
import { toStorableError } from './storable-error.ts';

test('text that a database refuses is replaced, and long text is cut', () => {
  const error = toStorableError(new Error(`a\u0000b\ud800ü${'x'.repeat(1_000)}`));
  expect(error.message).toMatch(/^a\?b\?\?x+$/);
  expect(error.message).toHaveLength(500);
  expect(error.stack).toMatch(/^[\n\x20-\x7e]{1,2000}$/);
});

test('whatever is thrown becomes a plain error', () => {
  expect(toStorableError(new DelayedError('later')).name).toBe('Error');
  expect(toStorableError('text')).toMatchObject({ name: 'Error', message: 'text' });
  expect(toStorableError(undefined)).toMatchObject({ name: 'Error', message: 'undefined' });
});

test('only errors that say so are final', () => {
  expect(toStorableError(new TrimtabError('not_found', 'gone'))).toBeInstanceOf(UnrecoverableError);
  expect(toStorableError(new UnrecoverableError('bad payload'))).toBeInstanceOf(UnrecoverableError);
  expect(toStorableError(new TrimtabError('store_unavailable', 'down'))).not.toBeInstanceOf(UnrecoverableError);
  expect(toStorableError(new Error('any'))).not.toBeInstanceOf(UnrecoverableError);
});
