import type { EncodeTarget } from './encode-target.ts';
import type { FormatName } from './format.ts';
import { type Loss, type LossKind, lossPointer, recordLoss } from './loss.ts';

/** A place in a request, as the steps of a JSON pointer. */
export type RequestPath = readonly (string | number)[];

/** What every part of reading or writing one request shares: in which format, and what had no place. */
export interface Ledger {
  readonly format: FormatName;
  readonly losses: Loss[];
}

/** What every part of one encoding shares: for whom it is, and the ledger of what did not fit. */
export interface Encoding extends Ledger {
  readonly target: EncodeTarget;
  /** What the client wants to be cached is told to the server by a key for the conversation. */
  readonly hasCacheKey?: boolean;
}

/** Notes what the other side has no place for. Pointers are into the request that is read. */
export function lose(ledger: Ledger, kind: LossKind, path: RequestPath, detail: string): void {
  recordLoss(ledger.losses, { kind, pointer: lossPointer(...path), format: ledger.format, detail });
}

/** Cache breakpoints have no counterpart where servers cache prefixes by themselves; a key is the nearest. */
export function noteCacheControl(
  ledger: Ledger & Pick<Encoding, 'hasCacheKey'>,
  value: object,
  path: RequestPath,
): void {
  if (!('cache_control' in value) || value.cache_control === null || value.cache_control === undefined) return;
  if (ledger.hasCacheKey !== true) lose(ledger, 'dropped', [...path, 'cache_control'], 'cache_control');
  else lose(ledger, 'approximated', [...path, 'cache_control'], 'cache breakpoint sent as a key of the conversation');
}
