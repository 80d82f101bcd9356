import { type Call, WEAK_SESSION_SOURCES } from '../domain/call.ts';
import type { ContinuedCall } from './find-continued-calls.ts';

/** A call on its way into the store. */
export interface ArrivingCall {
  readonly call: Call;
  readonly responseNode: Buffer | null;
  readonly continuedNode: Buffer | null;
  readonly toolUseKey: Buffer | null;
  readonly continuedToolUseKey: Buffer | null;
  /** What the store says, of calls stored before this batch. */
  readonly continued: ContinuedCall | undefined;
  /** Set when the call itself is stored already: what was decided then, stands. */
  readonly stored: { readonly sessionId: string; readonly parentCallId: string | null } | undefined;
}

/**
 * Says for each call which one it continues, among the stored ones and those that arrive with it, and moves calls
 * whose session is only guessed into the session that they continue.
 */
export function resolveSessions(arriving: readonly ArrivingCall[]): readonly Call[] {
  const byResponse = new Map<string, Call[]>();
  const resolved = new Map<string, Call>();
  for (const each of arriving.toSorted((left, right) => (left.call.callId < right.call.callId ? -1 : 1))) {
    const call = each.stored === undefined ? resolveOne(each, byResponse) : { ...each.call, ...each.stored };
    resolved.set(call.callId, call);
    for (const key of keysOf(call, each.responseNode, each.toolUseKey)) {
      const known = byResponse.get(key);
      if (known === undefined) byResponse.set(key, [call]);
      else known.push(call);
    }
  }
  return arriving.flatMap(({ call }) => resolved.get(call.callId) ?? []);
}

function resolveOne(each: ArrivingCall, byResponse: ReadonlyMap<string, readonly Call[]>): Call {
  const { call, continuedNode, continuedToolUseKey, continued } = each;
  if (continuedNode === null) return call;
  const answers = keysOf(call, continuedNode, continuedToolUseKey).flatMap((key) => byResponse.get(key) ?? []);
  const beside = answers.filter(
    (other) => other.callId < call.callId && (other.keyId === call.keyId || other.sessionId === call.sessionId),
  );
  const candidates: ContinuedCall[] = continued === undefined ? [...beside] : [continued, ...beside];
  const own = candidates.filter((candidate) => candidate.sessionId === call.sessionId);
  const parent = newestOf(own) ?? newestOf(candidates);
  if (parent === undefined) return call;
  const parentCallId = call.parentCallId ?? parent.callId;
  const isGuessed = WEAK_SESSION_SOURCES.includes(call.sessionSource) && parent.sessionId !== call.sessionId;
  if (!isGuessed) return { ...call, parentCallId };
  return { ...call, parentCallId, sessionId: parent.sessionId, sessionSource: 'transcript' };
}

function newestOf(candidates: readonly ContinuedCall[]): ContinuedCall | undefined {
  return candidates.reduce<ContinuedCall | undefined>(
    (newest, candidate) => (newest === undefined || candidate.callId > newest.callId ? candidate : newest),
    undefined,
  );
}

/** What an answer is found by: its node in the whole project, the ids of its tool calls within the session. */
function keysOf(call: Call, node: Buffer | null, toolUseKey: Buffer | null): string[] {
  const keys = node === null ? [] : [`node ${node.toString('base64')} ${call.projectId}`];
  if (toolUseKey !== null) keys.push(`tools ${toolUseKey.toString('base64')} ${call.projectId} ${call.sessionId}`);
  return keys;
}
