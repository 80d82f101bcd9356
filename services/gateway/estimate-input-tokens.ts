import type { CanonicalBody } from '#shared/formats/canonical.ts';

/** Measured on requests of coding agents: JSON of code, schemas and prose, in all its punctuation. */
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_IMAGE = 1_600;
const TOKENS_PER_PAGE = 2_500;
const PAGE_CHARACTERS = 50_000;

interface Binary {
  characters: number;
  tokens: number;
}

/**
 * Input tokens of a request, from its size: tokenizing a hundred kilobytes would cost more than all else that the
 * gateway does. Base64 data is taken out, because an image costs by its area and a document by its pages. The same
 * request gives the same estimate on every replica, so that its turn shape does.
 */
export function estimateInputTokens(body: Pick<CanonicalBody, 'messages'>, bodyBytes: number): number {
  const binary: Binary = { characters: 0, tokens: 0 };
  for (const message of body.messages) addBinary(binary, message.content);
  return Math.ceil(Math.max(0, bodyBytes - binary.characters) / BYTES_PER_TOKEN) + binary.tokens;
}

function addBinary(binary: Binary, content: unknown): void {
  if (!Array.isArray(content)) return;
  for (const block of content as Readonly<Record<string, unknown>>[]) {
    if (block['type'] === 'tool_result') addBinary(binary, block['content']);
    const source = block['source'] as Readonly<Record<string, unknown>> | undefined | null;
    if (block['type'] === 'image') binary.tokens += TOKENS_PER_IMAGE;
    if (source?.['type'] !== 'base64' || typeof source['data'] !== 'string') continue;
    binary.characters += source['data'].length;
    if (block['type'] === 'document') {
      binary.tokens += Math.ceil(source['data'].length / PAGE_CHARACTERS) * TOKENS_PER_PAGE;
    }
  }
}
