import type { FormatName } from '../format.ts';
import { type Loss, type LossKind, lossPointer, recordLoss } from '../loss.ts';
import type { RequestPath } from './encoding.ts';

/** What every part of reading one client request shares: in which format it came, and what had no place. */
export interface Decoding {
  readonly format: FormatName;
  readonly losses: Loss[];
}

/** Notes what a client said that the canonical form cannot say. Pointers are into the client's own request. */
export function loseAt(decoding: Decoding, kind: LossKind, path: RequestPath, detail: string): void {
  recordLoss(decoding.losses, { kind, pointer: lossPointer(...path), format: decoding.format, detail });
}
