import type { ImageSize } from './image-size.ts';

/** How a family prices an image, by the rule that its vendor publishes. */
export type ImageRule =
  | { readonly type: 'tiles'; readonly base: number; readonly perTile: number }
  | { readonly type: 'patches'; readonly factor: number }
  | { readonly type: 'area'; readonly longEdgeMax: number; readonly tokensMax: number }
  | { readonly type: 'gemini-tiles' }
  | { readonly type: 'fixed'; readonly tokens: number };

/** What an image is taken for whose size cannot be read: one that fills what a screen shows. */
const UNKNOWN_SIZE: ImageSize = { width: 1_568, height: 1_568 };

/** OpenAI: fit into 2048 × 2048, then the short side to 768, then tiles of 512 (platform.openai.com, Images and vision). */
const FIT_PIXELS = 2_048;
const SHORT_SIDE_PIXELS = 768;
const TILE_PIXELS = 512;
/** OpenAI's smaller models: patches of 32 × 32, scaled to at most 1536 of them. */
const PATCH_PIXELS = 32;
const PATCHES_MAX = 1_536;
/** Anthropic: width × height / 750 after scaling to the longest edge (docs.anthropic.com, Vision). */
const PIXELS_PER_TOKEN = 750;
/** Gemini: 258 for each tile of 768 × 768, once for an image of at most 384 a side (ai.google.dev, Understand tokens). */
const GEMINI_TILE_TOKENS = 258;
const GEMINI_TILE_PIXELS = 768;
const GEMINI_SMALL_PIXELS = 384;

/** Tokens of one image. `size` is null where it cannot be known: an image by URL or file id, or an unusual format. */
export function imageTokens(rule: ImageRule, size: ImageSize | null): number {
  const { width, height } = size ?? UNKNOWN_SIZE;
  switch (rule.type) {
    case 'fixed':
      return rule.tokens;
    case 'tiles':
      return rule.base + rule.perTile * tilesOf(width, height);
    case 'patches':
      return Math.ceil(patchesOf(width, height) * rule.factor);
    case 'area': {
      const scale = Math.min(1, rule.longEdgeMax / Math.max(width, height));
      return Math.min(rule.tokensMax, Math.ceil((width * scale * height * scale) / PIXELS_PER_TOKEN));
    }
    case 'gemini-tiles': {
      if (width <= GEMINI_SMALL_PIXELS && height <= GEMINI_SMALL_PIXELS) return GEMINI_TILE_TOKENS;
      return Math.ceil(width / GEMINI_TILE_PIXELS) * Math.ceil(height / GEMINI_TILE_PIXELS) * GEMINI_TILE_TOKENS;
    }
    default:
      return rule satisfies never;
  }
}

function tilesOf(width: number, height: number): number {
  const fit = Math.min(1, FIT_PIXELS / Math.max(width, height));
  const scale = fit * Math.min(1, SHORT_SIDE_PIXELS / (Math.min(width, height) * fit));
  return Math.ceil(rounded(width * scale) / TILE_PIXELS) * Math.ceil(rounded(height * scale) / TILE_PIXELS);
}

/** A side that floating point puts a hair above a whole tile is that tile. */
function rounded(pixels: number): number {
  return Math.round(pixels * 1_000) / 1_000;
}

function patchesOf(width: number, height: number): number {
  const patches = Math.ceil(width / PATCH_PIXELS) * Math.ceil(height / PATCH_PIXELS);
  if (patches <= PATCHES_MAX) return patches;
  // Scaled to the area that fits, and a little more, so that whole patches fit one side.
  const scale = Math.sqrt((PATCH_PIXELS ** 2 * PATCHES_MAX) / (width * height));
  const across = (width * scale) / PATCH_PIXELS;
  const down = (height * scale) / PATCH_PIXELS;
  const fit = scale * Math.min(Math.floor(across) / across, Math.floor(down) / down);
  return Math.ceil(rounded((width * fit) / PATCH_PIXELS)) * Math.ceil(rounded((height * fit) / PATCH_PIXELS));
}
