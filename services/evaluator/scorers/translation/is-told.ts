import type { Loss } from '#shared/domain/loss.ts';

/** Whether the loss ledger already says what became of something: by its place, or by what it speaks of. */
export function isTold(losses: readonly Loss[] | null, place: string, words: RegExp): boolean {
  return (losses ?? []).some(
    ({ pointer, detail }) =>
      words.test(detail) ||
      (pointer !== '' && (place === pointer || place.startsWith(`${pointer}/`) || pointer.startsWith(`${place}/`))),
  );
}
