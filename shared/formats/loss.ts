import type { Loss } from '../domain/loss.ts';

export type { Loss, LossKind } from '../domain/loss.ts';

/** A call with more distinct losses than this is broken in a way that the rest of the list would not explain. */
const LOSSES_MAX = 64;
const POINTER_CHARACTERS_MAX = 200;
const HEADER_CHARACTERS_MAX = 1024;

/** Makes a JSON pointer. Keys can come from the client, so anything but a plain identifier is masked. */
export function lossPointer(...path: readonly (string | number)[]): string {
  const pointer = path.map((step) => `/${String(step).replace(/[^A-Za-z0-9_.-]/g, '?')}`).join('');
  return pointer.slice(0, POINTER_CHARACTERS_MAX);
}

/**
 * Adds a loss to a ledger. The same kind and detail again only counts: a long session repeats its losses block by
 * block, and the first pointer tells as much as the hundredth.
 */
export function recordLoss(losses: Loss[], loss: Omit<Loss, 'count'>): void {
  const index = losses.findIndex((known) => known.kind === loss.kind && known.detail === loss.detail);
  const known = losses[index];
  if (known !== undefined) losses[index] = { ...known, count: (known.count ?? 1) + 1 };
  else if (losses.length < LOSSES_MAX) losses.push({ ...loss });
}

/** Adds the losses of another ledger, as if each of them had been noted here. */
export function mergeLosses(losses: Loss[], more: readonly Loss[]): void {
  for (const loss of more) {
    const index = losses.findIndex((known) => known.kind === loss.kind && known.detail === loss.detail);
    const known = losses[index];
    if (known !== undefined) losses[index] = { ...known, count: (known.count ?? 1) + (loss.count ?? 1) };
    else if (losses.length < LOSSES_MAX) losses.push({ ...loss });
  }
}

/** The value of `x-trimtab-losses`: `kind pointer` pairs, at most 1024 characters, or null when nothing was lost. */
export function encodeLossHeader(losses: readonly Loss[]): string | null {
  if (losses.length === 0) return null;
  const entries = losses.map(
    (loss) => `${loss.kind} ${loss.pointer}${loss.count === undefined ? '' : ` x${loss.count}`}`,
  );
  let header = '';
  for (const [index, entry] of entries.entries()) {
    const rest = `; +${entries.length - index} more`;
    const next = header === '' ? entry : `${header}; ${entry}`;
    const isLast = index === entries.length - 1;
    if (next.length + (isLast ? 0 : rest.length) > HEADER_CHARACTERS_MAX) return `${header}${rest}`;
    header = next;
  }
  return header;
}
