/** What the choice looks at in a stored call. */
export interface ReplayableFacts {
  readonly callId: string;
  readonly sessionId: string;
  readonly keyId: string | null;
  readonly transcriptHead: string;
  readonly tail: string;
  readonly failing: boolean;
}

/** Why calls were left out, for the plan. */
export interface ReplaySetCounts {
  readonly found: number;
  readonly sameSession: number;
  readonly duplicates: number;
  readonly overKeyCap: number;
}

export interface ReplaySet<Call> {
  readonly calls: readonly Call[];
  readonly counts: ReplaySetCounts;
}

/** Failing calls carry the proof of an improvement, passing ones show whether something else breaks. */
export const FAILING_SHARE = 0.6;
/**
 * No key may bring more than this share: whoever sends most of the traffic, or means to steer a prefix with it, must not
 * decide alone what everybody's prompts become.
 */
export const KEY_SHARE_MAX = 0.4;
/** A share of few calls is none. */
const KEY_CALLS_MIN = 4;

/**
 * The calls of a search: one of each session, no two with the same request or the same last message, of each key no
 * more than its share. Failing and passing ones are chosen apart, in the order given; what one kind lacks the other
 * does not make up for beyond the limit.
 *
 * @param limit calls at most
 */
export function chooseReplaySet<Call extends ReplayableFacts>(
  calls: readonly Call[],
  limit: number,
  keys: { readonly isSingle: boolean } = { isSingle: keysOf(calls).size <= 1 },
): ReplaySet<Call> {
  const failingMax = Math.max(1, Math.round(limit * FAILING_SHARE));
  const perKey = keys.isSingle ? limit : Math.max(KEY_CALLS_MIN, Math.floor(limit * KEY_SHARE_MAX));
  const sessions = new Set<string>();
  const requests = new Set<string>();
  const byKey = new Map<string, number>();
  const counts = { found: calls.length, sameSession: 0, duplicates: 0, overKeyCap: 0 };
  const take = (candidates: readonly Call[], most: number): Call[] => {
    const taken: Call[] = [];
    for (const call of candidates) {
      if (taken.length >= most) break;
      const key = call.keyId ?? '';
      if (sessions.has(call.sessionId)) counts.sameSession += 1;
      else if (requests.has(call.transcriptHead) || requests.has(`tail ${call.tail}`)) counts.duplicates += 1;
      else if ((byKey.get(key) ?? 0) >= perKey) counts.overKeyCap += 1;
      else {
        sessions.add(call.sessionId);
        requests.add(call.transcriptHead).add(`tail ${call.tail}`);
        byKey.set(key, (byKey.get(key) ?? 0) + 1);
        taken.push(call);
      }
    }
    return taken;
  };
  // A session that failed anywhere is a failing one: it must not stand among those that pass.
  const failing = take(
    calls.filter((call) => call.failing),
    failingMax,
  );
  const passing = take(
    calls.filter((call) => !call.failing),
    limit - failing.length,
  );
  return { calls: [...failing, ...passing.slice(0, Math.max(limit - failingMax, failing.length))], counts };
}

function keysOf(calls: readonly ReplayableFacts[]): ReadonlySet<string> {
  return new Set(calls.map((call) => call.keyId ?? ''));
}
