import { describe, expect, test } from 'vitest';
import { readImageSize } from './image-size.ts';
import { type ImageRule, imageTokens } from './image-tokens.ts';
import { tokenFamilyOf } from './token-family.ts';

const tokensFor = (model: string, width: number, height: number) =>
  imageTokens(tokenFamilyOf(model).image, { width, height });

describe('an image costs what its vendor publishes', () => {
  test.each([
    ['gpt-4o', 1024, 1024, 765],
    ['gpt-4o', 2048, 4096, 1105],
    ['gpt-4.1', 512, 512, 255],
    ['gpt-5', 1024, 1024, 630],
    ['o1', 1024, 1024, 675],
    ['gpt-4.1-mini', 1024, 1024, Math.ceil(1024 * 1.62)],
    ['gpt-4.1-mini', 1800, 2400, Math.ceil(1452 * 1.62)],
    ['claude-sonnet-4-5', 200, 200, 54],
    ['claude-sonnet-4-5', 1000, 1000, 1334],
    ['claude-sonnet-4-5', 1092, 1092, 1590],
    ['claude-sonnet-4-5', 8000, 8000, 1600],
    ['gemini-2.5-flash', 384, 384, 258],
    ['gemini-2.5-flash', 1920, 1080, 1548],
  ] as const)('%s: %i x %i', (model, width, height, tokens) => {
    expect(tokensFor(model, width, height)).toBe(tokens);
  });
});

test('an image of unknown size costs about as much as a large one', () => {
  const rules: ImageRule[] = ['gpt-4o', 'gpt-4.1-mini', 'claude-opus-4-8', 'gemini-3-pro', 'qwen3-vl', 'llama'].map(
    (model) => tokenFamilyOf(model).image,
  );
  for (const rule of rules) expect(imageTokens(rule, null)).toBeGreaterThanOrEqual(700);
});

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat([...parts.map((part) => Buffer.from(part as string, 'latin1')), Buffer.alloc(32)]).toString('base64');

describe('the size of an image is read from its header', () => {
  const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff, 0xc2, 0, 17, 8, 0x04, 0x38, 0x07, 0x80];
  test.each([
    ['PNG', bytes([0x89], 'PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 7, 128, 0, 0, 4, 56]), 1920, 1080],
    ['JPEG', bytes(jpeg), 1920, 1080],
    ['GIF', bytes('GIF89a', [0x80, 0x07, 0x38, 0x04]), 1920, 1080],
    ['WebP, lossy', bytes('RIFF0000WEBPVP8 ', [0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 7, 0x38, 4]), 1920, 1080],
    ['WebP, lossless', bytes('RIFF0000WEBPVP8L', [0, 0, 0, 0, 0x2f, 0x7f, 0xc7, 0x0d, 0x01]), 1920, 1080],
    ['WebP, extended', bytes('RIFF0000WEBPVP8X', [0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 7, 0, 0x37, 4, 0]), 1920, 1080],
  ])('%s', (_kind, base64, width, height) => {
    expect(readImageSize(base64)).toEqual({ width, height });
  });

  test.each([
    ['nothing', ''],
    ['text', bytes('hello, this is no image at all')],
    ['a cut JPEG', Buffer.from(jpeg.slice(0, 8)).toString('base64')],
    ['an image of no width', bytes('GIF89a', [0, 0, 0x38, 0x04])],
    ['what is not base64', '%%%%'.repeat(50)],
  ])('%s has none', (_kind, base64) => {
    expect(readImageSize(base64)).toBeNull();
  });
});
