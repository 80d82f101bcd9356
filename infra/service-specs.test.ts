import { describe, expect, it } from 'vitest';
import { addressOf } from './service-specs.ts';

describe('addressOf', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:7400'],
    ['0.0.0.0', 'http://127.0.0.1:7400'],
    ['::', 'http://[::1]:7400'],
    ['10.0.0.5', 'http://10.0.0.5:7400'],
  ])('reaches a service that listens on %s at %s', (host, address) => {
    expect(addressOf(host, 7400)).toBe(address);
  });
});
