import { sha256Hex } from '#shared/content-hash.ts';

const HEX_DIGITS = 7;

/** The seed of a search, from what it is for: nothing about a search is left to a chance that cannot be told later. */
export function seedOf(
  runId: string,
  cell: { readonly clusterId: string; readonly turnShape: string; readonly model: string },
): number {
  const digest = sha256Hex([runId, cell.clusterId, cell.turnShape, cell.model].join('\u0000'));
  return Number.parseInt(digest.slice(0, HEX_DIGITS), 16);
}
