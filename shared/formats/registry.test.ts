import { describe, expect, test } from 'vitest';
import type { FormatName } from './format.ts';
import { CLIENT_FORMATS, UPSTREAM_FORMATS } from './registry.ts';

/** File and export of each member of a format's upstream side, and of its client side. */
const UPSTREAM_FILES = {
  encodeRequest: 'encode-request.ts',
  decodeResponse: 'decode-response.ts',
  createStreamDecoder: 'decode-stream.ts',
  decodeError: 'decode-error.ts',
} as const;
const CLIENT_FILES = {
  decodeRequest: 'decode-request.ts',
  encodeError: 'encode-error.ts',
} as const;

async function exportsOf(format: FormatName, file: string): Promise<Record<string, unknown>> {
  return (await import(`./${format}/${file}`)) as Record<string, unknown>;
}

describe('formats have the same files and exports', () => {
  test.each(Object.entries(UPSTREAM_FORMATS))('%s towards a provider', async (name, format) => {
    expect(format.name).toBe(name);
    for (const [member, file] of Object.entries(UPSTREAM_FILES)) {
      const exported = await exportsOf(format.name, file);
      expect(exported[member], `${member} of ${file}`).toBe(format[member as keyof typeof UPSTREAM_FILES]);
    }
  });

  test.each(Object.entries(CLIENT_FORMATS))('%s towards a client', async (name, format) => {
    expect(format.name).toBe(name);
    for (const [member, file] of Object.entries(CLIENT_FILES)) {
      const exported = await exportsOf(format.name, file);
      expect(exported[member], `${member} of ${file}`).toBe(format[member as keyof typeof CLIENT_FILES]);
    }
    expect(await exportsOf(format.name, 'encode-response.ts')).toHaveProperty('encodeResponse');
    expect(await exportsOf(format.name, 'patch-request-body.ts')).toHaveProperty('patchRequestBody');
  });
});
