import { TrimtabError } from '#shared/errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** A moment that is written as how long ago it was (`90m`, `24h`, `7d`, `2w`), or as a date. */
export function readSince(text: string, nowMs: number): Date {
  const ago = /^(\d{1,6})([mhdw])$/.exec(text);
  const moment =
    ago === null ? new Date(text) : new Date(nowMs - Number(ago[1]) * (UNITS_MS[ago[2] ?? ''] ?? Number.NaN));
  if (Number.isNaN(moment.getTime())) {
    throw new TrimtabError('invalid_request', `--since takes a time like 24h or 7d, or a date; not "${text}"`);
  }
  return moment;
}
