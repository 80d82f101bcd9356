/** How long the other side may hold a request back while nothing changes, seconds. */
const WAIT_SECONDS = 25;
const ANSWER_TIMEOUT_MS = (WAIT_SECONDS + 10) * 1000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;

/**
 * @typedef {object} PolicyFollower
 * @property {() => unknown} current what is active, or null before the first answer
 * @property {() => void} stop
 */

/**
 * Keeps the active policy of Trimtab at hand: its weights, prefixes and rollout. It asks with the ETag that it knows and
 * is answered when that has changed. An epoch lower than the one at hand is never taken, and while Trimtab does not
 * answer the last policy stands.
 *
 * @param {{ url: string, token: string, onChange?: (active: any) => void, onError?: (error: Error) => void, fetch?: typeof fetch }} options
 *   `url` of Trimtab's control API, `token` with the role viewer
 * @returns {PolicyFollower}
 */
export function followPolicies({
  url,
  token,
  onChange = () => undefined,
  onError = () => undefined,
  fetch: ask = fetch,
}) {
  const address = `${url.replace(/\/+$/, '')}/api/v1/policies/active`;
  const stopping = new AbortController();
  /** @type {any} */
  let active = null;
  let etag = '';

  async function askOnce() {
    const response = await ask(etag === '' ? address : `${address}?wait=${WAIT_SECONDS}`, {
      headers: { authorization: `Bearer ${token}`, ...(etag === '' ? {} : { 'if-none-match': etag }) },
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    if (response.status === 304) return;
    if (!response.ok)
      throw new Error(`${address} answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
    const next = await response.json();
    if (active !== null && next.epoch < active.epoch) return;
    etag = response.headers.get('etag') ?? '';
    active = next;
    onChange(active);
  }

  async function follow() {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        await askOnce();
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(/** @type {Error} */ (error));
        const pause = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures);
        failures += 1;
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, pause);
          stopping.signal.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve(undefined);
          });
        });
      }
    }
  }

  void follow();
  return { current: () => active, stop: () => stopping.abort() };
}
