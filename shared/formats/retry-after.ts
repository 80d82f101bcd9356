type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An upstream that asks for more than a day is misconfigured. */
const RETRY_AFTER_SECONDS_MAX = 86_400;

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Seconds to wait that the upstream asks for, from `retry-after-ms` or either form of `retry-after`. */
export function readRetryAfter(headers: Headers, nowSeconds: number): number | undefined {
  const milliseconds = Number(first(headers['retry-after-ms']) ?? Number.NaN);
  const text = first(headers['retry-after']);
  let seconds = Number.isFinite(milliseconds) ? milliseconds / 1000 : Number(text ?? Number.NaN);
  if (!Number.isFinite(seconds) && text !== undefined) seconds = Date.parse(text) / 1000 - nowSeconds;
  if (!Number.isFinite(seconds) || seconds < 0) return undefined;
  return Math.min(seconds, RETRY_AFTER_SECONDS_MAX);
}
