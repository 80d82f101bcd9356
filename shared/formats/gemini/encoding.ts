import type { EncodeTarget } from '../encode-target.ts';
import { type Loss, type LossKind, lossPointer, recordLoss } from '../loss.ts';

/** What every part of one encoding shares: for whom it is, and the ledger of what did not fit. */
export interface Encoding {
  readonly target: EncodeTarget;
  readonly losses: Loss[];
}

/** A place in the request, as the steps of a JSON pointer. */
export type RequestPath = readonly (string | number)[];

export function lose(encoding: Encoding, kind: LossKind, path: RequestPath, detail: string): void {
  recordLoss(encoding.losses, { kind, pointer: lossPointer(...path), format: 'gemini', detail });
}

/** Cache breakpoints have no counterpart: Gemini caches prefixes by itself, or by resources made beforehand. */
export function noteCacheControl(encoding: Encoding, value: object, path: RequestPath): void {
  if ('cache_control' in value && value.cache_control !== null && value.cache_control !== undefined) {
    lose(encoding, 'dropped', [...path, 'cache_control'], 'cache_control');
  }
}
